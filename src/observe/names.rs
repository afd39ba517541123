//! Names of operations as labels of metrics: few enough that nobody fills a monitoring system with names.

use std::{
    collections::HashSet,
    sync::{Arc, PoisonError, RwLock},
};

/// How many names have a label of their own.
const MOST: usize = 200;
/// How many bytes such a name may have.
const LONGEST: usize = 100;

/// The labels that were given.
pub(super) struct Names {
    known: RwLock<HashSet<Arc<str>>>,
    anonymous: Arc<str>,
    other: Arc<str>,
    unknown: Arc<str>,
}

impl Names {
    pub(super) fn new() -> Self {
        Self {
            known: RwLock::default(),
            anonymous: "anonymous".into(),
            other: "other".into(),
            unknown: "unknown".into(),
        }
    }

    /// The label of an operation that may be run: its name, if it is one of the first.
    pub(super) fn label(&self, name: Option<&str>) -> Arc<str> {
        let Some(name) = name else { return self.anonymous.clone() };
        if let Some(label) = self.get(name) {
            return label;
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST || name.len() > LONGEST {
            // Another may have come first, with the same name.
            return known.get(name).unwrap_or(&self.other).clone();
        }
        let label: Arc<str> = name.into();
        known.insert(label.clone());
        label
    }

    /// The label of an operation that was not found: the name that the client says, if operations of this name were found
    /// before.
    pub(super) fn label_of_claimed(&self, name: Option<&str>) -> Arc<str> {
        name.and_then(|name| self.get(name)).unwrap_or_else(|| self.unknown.clone())
    }

    fn get(&self, name: &str) -> Option<Arc<str>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_bounded() {
        let names = Names::new();
        assert_eq!(&*names.label(None), "anonymous");
        assert_eq!(&*names.label(Some(&"x".repeat(LONGEST + 1))), "other");
        assert_eq!(&*names.label_of_claimed(Some("N0")), "unknown");
        for number in 0..MOST {
            let name = format!("N{number}");
            assert_eq!(*names.label(Some(&name)), *name);
        }
        assert_eq!(&*names.label(Some("N200")), "other");
        assert_eq!(&*names.label(Some("N199")), "N199");
        assert_eq!(&*names.label_of_claimed(Some("N0")), "N0");
        assert_eq!(&*names.label_of_claimed(None), "unknown");
    }
}
