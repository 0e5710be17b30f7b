//! Where sealed objects lie: a folder of this machine, or any other store that `object_store` knows.
//!
//! `object_store` is asynchronous because most stores are across a network. The rooms above are synchronous, so this
//! one waits here: in a folder every answer is ready at once or comes from a thread, and nothing else is needed. A
//! store across a network brings its own runtime with it, and this is the only file that will know.

use std::{
    fs, io,
    path::{Path, PathBuf},
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};

use object_store::{
    Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, local::LocalFileSystem, path::Path as Name,
};

use crate::{durable::make_folder, keys::entries, shelf::ShelfError};

/// A store of objects by name.
#[derive(Debug)]
pub(crate) struct Objects {
    store: Arc<dyn ObjectStore>,
    /// The folder, when it is one.
    folder: PathBuf,
}

impl Objects {
    /// Objects as files of a folder, which is made if it is not there. What is written is synced, with its folders,
    /// before it counts as written.
    pub(crate) fn in_folder(folder: &Path) -> Result<Self, ShelfError> {
        make_folder(folder).map_err(ShelfError::Fault)?;
        let store = LocalFileSystem::new_with_prefix(folder).map_err(fault)?.with_fsync(true);
        Ok(Self { store: Arc::new(store), folder: folder.to_owned() })
    }

    /// Writes a whole object or nothing. With `once`, the answer is `false` if there is one of this name already.
    pub(crate) fn put(&self, name: &str, content: Vec<u8>, once: bool) -> Result<bool, ShelfError> {
        let mode = if once { PutMode::Create } else { PutMode::Overwrite };
        let name = Name::from(name);
        match wait(self.store.put_opts(&name, content.into(), PutOptions::from(mode))) {
            Ok(_) => Ok(true),
            Err(Error::AlreadyExists { .. }) => Ok(false),
            Err(error) => Err(fault(error)),
        }
    }

    pub(crate) fn load(&self, name: &str) -> Result<Vec<u8>, ShelfError> {
        let name = Name::from(name);
        let read = async { self.store.get(&name).await?.bytes().await };
        match wait(read) {
            Ok(bytes) => Ok(bytes.into()),
            Err(Error::NotFound { .. }) => Err(ShelfError::Absent),
            Err(error) => Err(fault(error)),
        }
    }

    pub(crate) fn exists(&self, name: &str) -> Result<bool, ShelfError> {
        match wait(self.store.head(&Name::from(name))) {
            Ok(_) => Ok(true),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(fault(error)),
        }
    }

    /// The names of the folders and of the objects right below a name, without the name itself.
    pub(crate) fn below(&self, name: &str) -> Result<(Vec<String>, Vec<String>), ShelfError> {
        let name = Name::from(name);
        let list = wait(self.store.list_with_delimiter(Some(&name))).map_err(fault)?;
        let last = |path: &Name| path.filename().unwrap_or_default().to_owned();
        let objects = list.objects.iter().map(|object| last(&object.location)).collect();
        Ok((list.common_prefixes.iter().map(last).collect(), objects))
    }

    /// Removes an object; one that is not there is fine.
    pub(crate) fn remove(&self, name: &str) -> Result<(), ShelfError> {
        match wait(self.store.delete(&Name::from(name))) {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(fault(error)),
        }
    }

    /// Removes what an interrupted write has left in the folder. Nobody may be writing meanwhile.
    pub(crate) fn remove_attempts(&self) -> Result<usize, ShelfError> {
        let (mut folders, mut removed) = (vec![self.folder.clone()], 0);
        while let Some(folder) = folders.pop() {
            for path in entries(&folder)? {
                // The store writes beside the object, under its name with this sign and a number.
                let attempt = path.file_name().is_some_and(|name| name.to_string_lossy().contains('#'));
                if path.is_dir() {
                    folders.push(path);
                } else if attempt {
                    fs::remove_file(path).map_err(ShelfError::Fault)?;
                    removed += 1;
                }
            }
        }
        Ok(removed)
    }
}

fn fault(error: Error) -> ShelfError {
    ShelfError::Fault(io::Error::other(error))
}

/// Wakes a thread that waits.
struct Parked(Thread);

impl Wake for Parked {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits for an answer on this thread.
fn wait<T>(answer: impl Future<Output = T>) -> T {
    let mut answer = pin!(answer);
    let waker = Waker::from(Arc::new(Parked(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match answer.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}
