//! The handshake: TLS 1.3 with raw public keys on both sides (RFC 7250), nothing else.
//!
//! There is no certificate, no authority and no expiry: a peer *is* its Ed25519 key. The dialler knows whom it calls and compares
//! byte for byte; the listener accepts any key and learns it, as does a dialler that only looks who is there ([`super::probe`]). Server names are not sent. Session resumption with early data is off, because early data can be replayed.

use std::sync::Arc;

use frame::NodeId;
use quinn::crypto::rustls::{QuicClientConfig, QuicServerConfig};
use rustls::client::AlwaysResolvesClientRawPublicKeys;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls13_signature_with_raw_key};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, SubjectPublicKeyInfoDer, UnixTime};
use rustls::server::AlwaysResolvesServerRawPublicKeys;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::sign::CertifiedKey;
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, OtherError, PeerIncompatible,
    SignatureScheme,
};

use crate::identity::Identity;

/// The protocol and its major version.
pub(crate) const ALPN: &[u8] = b"tessera/1";
/// A name is required by the interface and never sent.
pub(crate) const SERVER_NAME: &str = "tessera.invalid";

/// SubjectPublicKeyInfo of an Ed25519 key (RFC 8410, section 4) up to the key itself.
const SPKI_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];

/// The dialler's side of the handshake, towards one known key.
pub(crate) fn dialler(identity: &Identity, expected: NodeId, alpn: &[u8]) -> Result<QuicClientConfig, Error> {
    calling(identity, Holder::of(expected), alpn)
}

/// The same towards whoever answers, to learn the key. Nothing may be said on such a connection.
pub(crate) fn anybody(identity: &Identity, alpn: &[u8]) -> Result<QuicClientConfig, Error> {
    calling(identity, Holder::of_any_key(), alpn)
}

fn calling(identity: &Identity, verifier: Arc<Holder>, alpn: &[u8]) -> Result<QuicClientConfig, Error> {
    let mut config = rustls::ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_client_cert_resolver(Arc::new(AlwaysResolvesClientRawPublicKeys::new(certified(identity)?)));
    config.alpn_protocols = vec![alpn.to_vec()];
    config.enable_sni = false;
    config.enable_early_data = false;
    QuicClientConfig::try_from(config).map_err(|error| Error::Other(OtherError(Arc::new(error))))
}

/// The listener's side: anybody with an Ed25519 key.
pub(crate) fn listener(identity: &Identity, alpn: &[u8]) -> Result<QuicServerConfig, Error> {
    let mut config = rustls::ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(Holder::of_any_key())
        .with_cert_resolver(Arc::new(AlwaysResolvesServerRawPublicKeys::new(certified(identity)?)));
    config.alpn_protocols = vec![alpn.to_vec()];
    config.max_early_data_size = 0;
    QuicServerConfig::try_from(config).map_err(|error| Error::Other(OtherError(Arc::new(error))))
}

/// The key that the peer has proven to hold.
pub(crate) fn peer(connection: &quinn::Connection) -> Option<NodeId> {
    let identity = connection.peer_identity()?.downcast::<Vec<CertificateDer<'static>>>().ok()?;
    match identity.as_slice() {
        [spki] => key_of(spki),
        _ => None,
    }
}

/// Whether our own verifier refused the listener's key (TLS alert bad_certificate family, from this side).
pub(crate) fn is_wrong_key(error: &quinn::ConnectionError) -> bool {
    const ACCESS_DENIED: u64 = 0x100 + 49;
    const CERTIFICATE_ALERTS: std::ops::RangeInclusive<u64> = 0x100 + 42..=0x100 + 46;
    match error {
        quinn::ConnectionError::TransportError(error) => {
            let code = u64::from(error.code);
            code == ACCESS_DENIED || CERTIFICATE_ALERTS.contains(&code)
        }
        _ => false,
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn certified(identity: &Identity) -> Result<Arc<CertifiedKey>, Error> {
    let pkcs8 = identity.to_pkcs8();
    let key = rustls::crypto::ring::sign::any_eddsa_type(&PrivatePkcs8KeyDer::from(pkcs8.as_slice()))?;
    Ok(Arc::new(CertifiedKey::new(vec![CertificateDer::from(spki(identity.id()))], key)))
}

fn spki(id: NodeId) -> Vec<u8> {
    [&SPKI_PREFIX[..], &id.0].concat()
}

fn key_of(spki: &[u8]) -> Option<NodeId> {
    spki.strip_prefix(&SPKI_PREFIX)?.try_into().ok().map(NodeId)
}

/// Whom one side takes: whoever holds the key that they show, or the holder of one key alone.
#[derive(Debug)]
struct Holder {
    only: Option<NodeId>,
    provider: Arc<CryptoProvider>,
}

impl Holder {
    fn of(key: NodeId) -> Arc<Self> {
        Arc::new(Self { only: Some(key), provider: provider() })
    }

    fn of_any_key() -> Arc<Self> {
        Arc::new(Self { only: None, provider: provider() })
    }

    fn check(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
    ) -> Result<(), CertificateError> {
        match (key_of(end_entity), self.only) {
            (Some(key), Some(only)) if intermediates.is_empty() && key == only => Ok(()),
            (_, Some(_)) => Err(CertificateError::ApplicationVerificationFailure),
            (Some(_), None) if intermediates.is_empty() => Ok(()),
            (_, None) => Err(CertificateError::BadEncoding),
        }
    }

    fn check_signature(
        &self,
        message: &[u8],
        spki: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let key = SubjectPublicKeyInfoDer::from(spki.as_ref());
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature_with_raw_key(message, &key, signature, algorithms)
    }
}

fn no_tls12() -> Error {
    Error::PeerIncompatible(PeerIncompatible::Tls12NotOffered)
}

impl ServerCertVerifier for Holder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.check(end_entity, intermediates)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(no_tls12())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        spki: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.check_signature(message, spki, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}

impl ClientCertVerifier for Holder {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.check(end_entity, intermediates)?;
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(no_tls12())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        spki: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.check_signature(message, spki, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}
