//! A computer whose GPUs earn side by side: each is a node of its own, with its own name, folder and pay.
//!
//! So each is measured, trusted, audited and paid for what it alone does, and one that breaks takes none with it. The first keeps the node's folder
//! itself, so that a computer with one GPU is as it always was; every other has a folder in it. Which has which is written down there, because a
//! GPU has to keep its name when others come and go.

mod side_by_side;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::earn::door;
use crate::fault::{Fault, quoted};
pub use side_by_side::share;

/// GPUs that are remembered: more than any computer takes.
const GPUS_MAX: usize = 64;

/// The folders of a computer's nodes.
#[derive(Clone, Debug)]
pub struct Rig {
    data: PathBuf,
}

impl Rig {
    /// The rig whose first node has this data folder.
    pub fn new(data: &Path) -> Self {
        Self { data: data.to_owned() }
    }

    /// The folder of a GPU's node. The first GPU that asks gets the folder of the rig.
    ///
    /// # Errors
    /// A list that cannot be read or written.
    pub fn folder_of(&self, key: &str) -> Result<PathBuf, Fault> {
        let mut keys = self.keys()?;
        let known = keys.iter().position(|known| known == key);
        if let Some(at) = known {
            return Ok(self.folder(at));
        }
        if keys.len() >= GPUS_MAX {
            let what =
                format!("{} lists {GPUS_MAX} GPUs, and there is no room for another", quoted(&self.list()));
            return Err(Fault::failure(what, "remove those that are gone from it"));
        }
        keys.push(key.to_owned());
        self.write(&keys)?;
        Ok(self.folder(keys.len() - 1))
    }

    /// The GPUs that ever had a node here, with its folder; one without a name where a node ran before anybody asked for its GPU.
    ///
    /// # Errors
    /// A list that cannot be read.
    pub fn nodes(&self) -> Result<Vec<(String, PathBuf)>, Fault> {
        let mut keys = self.keys()?;
        if keys.is_empty() {
            keys.push(String::new());
        }
        let nodes = keys.into_iter().enumerate().map(|(at, key)| (key, self.folder(at)));
        Ok(nodes.filter(|(_, folder)| folder.is_dir()).collect())
    }

    /// The nodes that run now; where none does, the one that a person means who knows of no others.
    ///
    /// # Errors
    /// A list that cannot be read.
    pub fn running(&self) -> Result<Vec<(String, PathBuf)>, Fault> {
        let runs = |node: &(String, PathBuf)| {
            door::status(Some(&node.1)).is_ok_and(|status| status.standing.is_running && !status.is_stale)
        };
        let mut running: Vec<_> = self.nodes()?.into_iter().filter(runs).collect();
        if running.is_empty() {
            running.push((String::new(), self.data.clone()));
        }
        Ok(running)
    }

    fn folder(&self, at: usize) -> PathBuf {
        if at == 0 { self.data.clone() } else { self.data.join(format!("gpu-{}", at + 1)) }
    }

    fn keys(&self) -> Result<Vec<String>, Fault> {
        let path = self.list();
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(Fault::file("read", &path, &error)),
        };
        // To begin anew would give GPUs each other's names.
        serde_json::from_slice(&bytes).map_err(|_| {
            let what = format!("{} is not a list of GPUs", quoted(&self.list()));
            Fault::failure(what, "put it right or remove it: then GPUs may get each other's names as nodes")
        })
    }

    fn write(&self, keys: &[String]) -> Result<(), Fault> {
        let path = self.list();
        let fault = |error: std::io::Error| Fault::file("write", &path, &error);
        crate::places::create_private(&self.data)?;
        let mut file = tempfile::NamedTempFile::new_in(&self.data).map_err(fault)?;
        file.write_all(&serde_json::to_vec_pretty(keys).expect("it holds only text")).map_err(fault)?;
        crate::places::put_in_place(file, &path).map_err(fault)
    }

    fn list(&self) -> PathBuf {
        self.data.join("gpus.json")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gpu_keeps_its_folder_whatever_comes_and_goes() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let data = place.path().join("node");
        let rig = Rig::new(&data);
        assert!(rig.nodes().expect("nothing is no fault").is_empty());
        assert_eq!(rig.folder_of("Card").expect("written"), data);
        assert_eq!(rig.folder_of("Card #2").expect("written"), data.join("gpu-2"));
        let again = Rig::new(&data);
        assert_eq!(again.folder_of("Chip").expect("written"), data.join("gpu-3"));
        assert_eq!(again.folder_of("Card #2").expect("known"), data.join("gpu-2"));
        std::fs::create_dir(data.join("gpu-3")).expect("a folder");
        let nodes = again.nodes().expect("it can be read");
        assert_eq!(nodes, [("Card".to_owned(), data.clone()), ("Chip".to_owned(), data.join("gpu-3"))]);
    }

    #[test]
    fn a_folder_from_before_has_one_node_without_a_gpu_and_a_broken_list_is_said() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let rig = Rig::new(place.path());
        assert_eq!(rig.nodes().expect("fine"), [(String::new(), place.path().to_owned())]);
        std::fs::write(place.path().join("gpus.json"), "[1").expect("written");
        let fault = rig.folder_of("Card").expect_err("it makes no sense");
        assert!(fault.what.ends_with("is not a list of GPUs"), "{fault}");
        assert!(rig.nodes().is_err());
    }
}
