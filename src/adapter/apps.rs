//! Apps' ids by their place in this process, and back.

use std::collections::HashMap;

use crate::hub::AppIndex;
use crate::protocol::AppId;

/// What tells apps apart on all nodes: their ids. An index means something within one process only.
#[derive(Debug, Clone, Default)]
pub struct Apps {
    by_index: Vec<AppId>,
    by_id: HashMap<AppId, AppIndex>,
}

impl Apps {
    /// The apps in the order of their indexes.
    #[must_use]
    pub fn new(by_index: Vec<AppId>) -> Self {
        let by_id = (0_u32..).zip(&by_index).map(|(index, id)| (id.clone(), AppIndex(index))).collect();
        Self { by_index, by_id }
    }

    /// The app's id, unless there is no such app.
    #[must_use]
    pub fn id(&self, index: AppIndex) -> Option<&AppId> {
        self.by_index.get(usize::try_from(index.0).ok()?)
    }

    /// The app's place in this process, when this node serves it.
    #[must_use]
    pub fn index(&self, id: &AppId) -> Option<AppIndex> {
        self.by_id.get(id).copied()
    }
}
