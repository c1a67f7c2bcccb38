//! Signatures of packages with minisign's keys, made by Tauri's signer and bound to the version.
//!
//! The private key is read by the signer itself from `TAURI_SIGNING_PRIVATE_KEY` (or its path from `TAURI_SIGNING_PRIVATE_KEY_PATH`) and
//! `TAURI_SIGNING_PRIVATE_KEY_PASSWORD`; it is never a word on a command line. Whatever is signed is held to `TESSERA_UPDATE_KEY`, the public key
//! that the programs were built with: a release that they would refuse is refused here.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use minisign_verify::{PublicKey, Signature};

use crate::process::tauri;

/// Signs, where there is a key.
pub(super) struct Signer {
    has_key: bool,
    public: Option<PublicKey>,
    /// Variables beside this process's; tests have keys of their own.
    pub(super) surroundings: Vec<(String, String)>,
}

impl Signer {
    /// A signer with the keys that the surroundings name.
    ///
    /// # Errors
    /// A private key without the public one that programs were built with, and a public one that is none.
    pub(super) fn from_surroundings() -> Result<Self> {
        let given = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        let has_key = ["TAURI_SIGNING_PRIVATE_KEY", "TAURI_SIGNING_PRIVATE_KEY_PATH"]
            .iter()
            .any(|name| given(name).is_some());
        Self::new(has_key, given("TESSERA_UPDATE_KEY").as_deref())
    }

    pub(super) fn new(has_key: bool, public: Option<&str>) -> Result<Self> {
        if has_key && public.is_none() {
            bail!(
                "there is a key to sign with, and TESSERA_UPDATE_KEY, which programs hold updates to, is not set"
            );
        }
        let public = public.map(|key| {
            let text = plain(key).context("TESSERA_UPDATE_KEY")?;
            PublicKey::decode(&text)
                .map_err(|error| anyhow::anyhow!("TESSERA_UPDATE_KEY is no public key: {error}"))
        });
        Ok(Self { has_key, public: public.transpose()?, surroundings: Vec::new() })
    }

    /// Signs a file unless it is signed; `false`: it is not, and there is no key to do it.
    ///
    /// # Errors
    /// A signature that programs would refuse: of another key, another version, or of other bytes.
    pub(super) fn sign(&self, path: &Path, version: &str) -> Result<bool> {
        let signature = beside(path);
        // A list of hashes has to be signed anew each time; a package may have been signed where it was made.
        if !signature.is_file() {
            if !self.has_key {
                eprintln!("== NOT SIGNED, for want of TAURI_SIGNING_PRIVATE_KEY: {}", path.display());
                return Ok(false);
            }
            let mut signer = Command::new(tauri()?);
            signer.args(["signer", "sign", "--app-version", version]).arg(path);
            signer.envs(self.surroundings.iter().cloned()).stdin(Stdio::null());
            // Its own words repeat the signature; what went wrong is in the other stream.
            crate::process::output_of(&mut signer)?;
        }
        self.check(path, version)?;
        Ok(true)
    }

    /// Holds a signature to the key and the version.
    pub(super) fn check(&self, path: &Path, version: &str) -> Result<()> {
        let name = path.display();
        let signature = fs::read_to_string(beside(path)).with_context(|| format!("{name} is not signed"))?;
        let signature = Signature::decode(&plain(&signature)?)
            .map_err(|error| anyhow::anyhow!("the signature of {name} is none: {error}"))?;
        let public =
            self.public.as_ref().context("TESSERA_UPDATE_KEY is not set: the signature cannot be checked")?;
        public
            .verify(&fs::read(path)?, &signature, false)
            .map_err(|error| anyhow::anyhow!("programs would refuse {name}: {error}"))?;
        let signed = signature.trusted_comment().split('\t').find_map(|field| field.strip_prefix("version:"));
        if signed != Some(version) {
            bail!("{name} is signed as version {}, not {version}", signed.unwrap_or("nothing"));
        }
        Ok(())
    }
}

/// Where a file's signature lies.
pub(super) fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".sig");
    name.into()
}

/// Tauri writes minisign's files in base64; this is what minisign reads.
pub(super) fn plain(base64: &str) -> Result<String> {
    let bytes = STANDARD.decode(base64.trim()).context("this is not base64")?;
    String::from_utf8(bytes).context("this is not text")
}
