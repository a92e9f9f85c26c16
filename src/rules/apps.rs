//! All running apps, and how they change while they run.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::auth::{Keeper, KeyError, Tokens};
use crate::config::{self, Config};
use crate::hub::AppIndex;
use crate::protocol::AppId;

use super::access::{Access, Ranks};
use super::app::{App, Parts};
use super::contract::Contract;

/// All running apps, by id and by key.
#[derive(Debug, Default)]
pub struct Apps {
    by_id: HashMap<AppId, Arc<App>>,
    by_key: HashMap<String, Arc<App>>,
    first: Option<Arc<App>>,
    /// Places given to apps so far, those that are gone included.
    places: HashMap<AppId, AppIndex>,
}

/// Why the apps of a configuration cannot run.
#[derive(Debug, thiserror::Error)]
#[error("the keys of the tokens of app {app} cannot be used: {source}")]
pub struct UnusableKeys {
    /// Which app.
    app: AppId,
    /// Why.
    source: KeyError,
}

impl Apps {
    /// Makes the configured apps ready; `before` are those that run now, whose places, counts and
    /// revocations live on.
    ///
    /// # Errors
    /// When the keys of an app's tokens cannot be used.
    pub fn new(config: &Config, keeper: &Keeper, before: &Self) -> Result<Self, UnusableKeys> {
        let mut apps = Self { places: before.places.clone(), ..Self::default() };
        let ranks = Ranks::new(&config.roles);
        for configured in &config.apps {
            let next = AppIndex(u32::try_from(apps.places.len()).unwrap_or(u32::MAX));
            let index = *apps.places.entry(configured.id.clone()).or_insert(next);
            let known = before.by_id.get(&configured.id).map(|app| &**app);
            let parts = Parts {
                contract: Contract::new(&configured.id, configured.undeclared, &ranks, &config.channels),
                tokens: tokens(configured, keeper, known)
                    .map_err(|source| UnusableKeys { app: configured.id.clone(), source })?,
                revoke: Access::new(configured.tokens.as_ref().map_or(&[], |tokens| &tokens.revoke), &ranks),
                connections: known.map(|app| app.count().clone()).unwrap_or_default(),
            };
            let app = Arc::new(App::new(index, configured.clone(), parts));
            for key in app.keys() {
                apps.by_key.insert(key.to_owned(), app.clone());
            }
            apps.first.get_or_insert_with(|| app.clone());
            apps.by_id.insert(configured.id.clone(), app);
        }
        Ok(apps)
    }

    /// The app with this id.
    #[must_use]
    pub fn by_id(&self, id: &str) -> Option<&Arc<App>> {
        self.by_id.get(&AppId::parse(id).ok()?)
    }

    /// The app with this key.
    #[must_use]
    pub fn by_key(&self, key: &str) -> Option<&Arc<App>> {
        self.by_key.get(key)
    }

    /// The app that is configured first.
    #[must_use]
    pub fn first(&self) -> Option<&Arc<App>> {
        self.first.as_ref()
    }

    /// The ids of all apps, those that are gone included, in the order of their places.
    #[must_use]
    pub fn ids(&self) -> Vec<AppId> {
        let mut all: Vec<_> = self.places.iter().collect();
        all.sort_by_key(|(_, index)| index.0);
        all.into_iter().map(|(id, _)| id.clone()).collect()
    }

    /// All apps, in no order.
    pub fn all(&self) -> impl Iterator<Item = &Arc<App>> {
        self.by_id.values()
    }
}

/// What checks an app's tokens: what did so before where nothing about it has changed.
fn tokens(configured: &config::App, keeper: &Keeper, known: Option<&App>) -> Result<Option<Arc<Tokens>>, KeyError> {
    let Some(config) = &configured.tokens else { return Ok(None) };
    let known = known.and_then(|app| app.tokens.as_ref());
    if let Some(known) = known.filter(|known| known.config() == config) {
        return Ok(Some(known.clone()));
    }
    let revocations = known.map(|known| known.revocations().clone()).unwrap_or_default();
    Tokens::new(config, keeper, revocations).map(Arc::new).map(Some)
}

/// The apps of this moment, on one worker; a reload puts others in their place.
#[derive(Debug, Clone)]
pub struct Current(Rc<RefCell<Arc<Apps>>>);

impl Current {
    /// Begins with these.
    #[must_use]
    pub fn new(apps: Arc<Apps>) -> Self {
        Self(Rc::new(RefCell::new(apps)))
    }

    /// Puts others in their place.
    pub fn replace(&self, apps: Arc<Apps>) {
        *self.0.borrow_mut() = apps;
    }

    /// The app with this id.
    #[must_use]
    pub fn by_id(&self, id: &str) -> Option<Arc<App>> {
        self.0.borrow().by_id(id).cloned()
    }

    /// The app with this key.
    #[must_use]
    pub fn by_key(&self, key: &str) -> Option<Arc<App>> {
        self.0.borrow().by_key(key).cloned()
    }

    /// All apps of this moment.
    #[must_use]
    pub fn all(&self) -> Arc<Apps> {
        self.0.borrow().clone()
    }
}
