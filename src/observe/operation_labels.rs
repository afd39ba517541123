//! Names of operations as labels of metrics. Their number is bounded, because clients choose the names.

use std::{
    collections::HashSet,
    sync::{Arc, PoisonError, RwLock},
};

/// How many names become labels.
const MAX_LABELS: usize = 200;
/// The longest name that becomes a label, in bytes.
const MAX_NAME_BYTES: usize = 100;

/// The labels in use.
pub(super) struct OperationLabels {
    known: RwLock<HashSet<Arc<str>>>,
    anonymous: Arc<str>,
    other: Arc<str>,
    unknown: Arc<str>,
}

impl OperationLabels {
    pub(super) fn new() -> Self {
        Self {
            known: RwLock::default(),
            anonymous: "anonymous".into(),
            other: "other".into(),
            unknown: "unknown".into(),
        }
    }

    /// The label of a valid operation: its name, or `other` if there are too many labels.
    pub(super) fn label(&self, name: Option<&str>) -> Arc<str> {
        let Some(name) = name else { return self.anonymous.clone() };
        if let Some(label) = self.get(name) {
            return label;
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MAX_LABELS || name.len() > MAX_NAME_BYTES {
            // Another thread may have added the name.
            return known.get(name).unwrap_or(&self.other).clone();
        }
        let label: Arc<str> = name.into();
        known.insert(label.clone());
        label
    }

    /// The label of a request without a valid operation: its `operationName` if that is a label already, or `unknown`.
    pub(super) fn label_of_unverified(&self, name: Option<&str>) -> Arc<str> {
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
        let labels = OperationLabels::new();
        assert_eq!(&*labels.label(None), "anonymous");
        assert_eq!(&*labels.label(Some(&"x".repeat(MAX_NAME_BYTES + 1))), "other");
        assert_eq!(&*labels.label_of_unverified(Some("N0")), "unknown");
        for number in 0..MAX_LABELS {
            let name = format!("N{number}");
            assert_eq!(*labels.label(Some(&name)), *name);
        }
        assert_eq!(&*labels.label(Some("N200")), "other");
        assert_eq!(&*labels.label(Some("N199")), "N199");
        assert_eq!(&*labels.label_of_unverified(Some("N0")), "N0");
        assert_eq!(&*labels.label_of_unverified(None), "unknown");
    }
}
