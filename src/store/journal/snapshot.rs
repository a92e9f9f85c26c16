//! The state at one moment, so that older entries are dispensable.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use crate::measurement::State;

const NAME: &str = "state.json";

/// Written first, and renamed when it is whole.
const DRAFT: &str = "state.json.new";

/// Saves a state in place of the one before; there is always a whole one.
pub(super) fn save(folder: &Path, state: &State) -> io::Result<()> {
    let draft = folder.join(DRAFT);
    let mut file = File::create(&draft)?;
    file.write_all(&serde_json::to_vec(state)?)?;
    file.sync_all()?;
    fs::rename(&draft, folder.join(NAME))?;
    // The new name is safe only when the folder is.
    File::open(folder)?.sync_all()
}

/// The state that was saved last; `None` when none was.
pub(super) fn load(folder: &Path) -> io::Result<Option<State>> {
    match fs::read(folder.join(NAME)) {
        Ok(text) => Ok(Some(serde_json::from_slice(&text)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
