//! The metrics of a document that limits apply to. They are measured before validation, which may be slow on a document
//! that exceeds a limit.

use apollo_compiler::ast::{Definition, DirectiveList, Document, Selection, Value};
use rustc_hash::{FxHashMap, FxHashSet};

/// The metrics of a document. `root_fields` and the depths are those of its largest operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct DocumentMetrics {
    pub aliases: usize,
    pub directives: usize,
    pub root_fields: usize,
    /// How deep fields are nested, outside of introspection.
    pub depth: usize,
    /// How deep fields are nested below `__schema` and `__type`.
    pub introspection_depth: usize,
    /// The length of the longest list in an argument or a default value.
    pub longest_list: usize,
    /// How often each variable is used in arguments, in all operations and fragments.
    pub variable_uses: FxHashMap<String, usize>,
}

impl DocumentMetrics {
    pub(super) fn measure(document: &Document) -> Self {
        let fragments = document.definitions.iter().filter_map(Definition::as_fragment_definition);
        let fragments = fragments.map(|f| (f.name.as_str(), f.selection_set.as_slice())).collect();
        let mut visitor = Visitor { fragments, fragment_depths: FxHashMap::default(), metrics: Self::default() };
        for definition in &document.definitions {
            match definition {
                Definition::OperationDefinition(operation) => {
                    visitor.visit_directives(&operation.directives);
                    for variable in &operation.variables {
                        visitor.visit_directives(&variable.directives);
                        variable.default_value.iter().for_each(|value| visitor.visit_value(value));
                    }
                    visitor.visit_selections(&operation.selection_set);
                    let root_fields = visitor.root_fields(&operation.selection_set, &mut FxHashSet::default());
                    let depth = visitor.depth(&operation.selection_set);
                    let metrics = &mut visitor.metrics;
                    metrics.root_fields = metrics.root_fields.max(root_fields);
                    metrics.depth = metrics.depth.max(depth.data);
                    metrics.introspection_depth = metrics.introspection_depth.max(depth.introspection);
                }
                Definition::FragmentDefinition(fragment) => {
                    visitor.visit_directives(&fragment.directives);
                    visitor.visit_selections(&fragment.selection_set);
                }
                _ => {}
            }
        }
        visitor.metrics
    }
}

#[derive(Clone, Copy, Default)]
struct Depth {
    data: usize,
    introspection: usize,
}

struct Visitor<'a> {
    fragments: FxHashMap<&'a str, &'a [Selection]>,
    /// A fragment that is being visited has the depth 0. This ends cycles, which validation rejects later.
    fragment_depths: FxHashMap<&'a str, Depth>,
    metrics: DocumentMetrics,
}

impl<'a> Visitor<'a> {
    /// Counts aliases, directives and uses of variables, and finds the longest list. Does not follow fragment spreads.
    fn visit_selections(&mut self, selections: &[Selection]) {
        for selection in selections {
            match selection {
                Selection::Field(field) => {
                    self.metrics.aliases += usize::from(field.alias.is_some());
                    self.visit_directives(&field.directives);
                    field.arguments.iter().for_each(|argument| self.visit_value(&argument.value));
                    self.visit_selections(field.selection_set.as_deref().unwrap_or_default());
                }
                Selection::InlineFragment(fragment) => {
                    self.visit_directives(&fragment.directives);
                    self.visit_selections(&fragment.selection_set);
                }
                Selection::FragmentSpread(spread) => self.visit_directives(&spread.directives),
            }
        }
    }

    fn visit_directives(&mut self, directives: &DirectiveList) {
        self.metrics.directives += directives.len();
    }

    fn visit_value(&mut self, value: &Value) {
        match value {
            Value::List(items) => {
                self.metrics.longest_list = self.metrics.longest_list.max(items.len());
                for item in items {
                    self.visit_value(item);
                }
            }
            Value::Object(fields) => fields.iter().for_each(|(_, value)| self.visit_value(value)),
            Value::Variable(name) => match self.metrics.variable_uses.get_mut(name.as_str()) {
                Some(uses) => *uses += 1,
                None => drop(self.metrics.variable_uses.insert(name.to_string(), 1)),
            },
            _ => {}
        }
    }

    fn root_fields(&self, selections: &'a [Selection], visited: &mut FxHashSet<&'a str>) -> usize {
        let count = |selection: &'a Selection, visited: &mut FxHashSet<&'a str>| match selection {
            Selection::Field(_) => 1,
            Selection::InlineFragment(fragment) => self.root_fields(&fragment.selection_set, visited),
            Selection::FragmentSpread(spread) => {
                let name = spread.fragment_name.as_str();
                let is_first = visited.insert(name);
                let fragment = self.fragments.get(name).filter(|_| is_first);
                fragment.map_or(0, |selections| self.root_fields(selections, visited))
            }
        };
        selections.iter().map(|selection| count(selection, visited)).sum()
    }

    fn depth(&mut self, selections: &'a [Selection]) -> Depth {
        let mut deepest = Depth::default();
        for selection in selections {
            let depth = match selection {
                Selection::Field(field) => {
                    let below = self.depth(field.selection_set.as_deref().unwrap_or_default());
                    if matches!(field.name.as_str(), "__schema" | "__type") {
                        Depth { data: 1, introspection: below.data }
                    } else {
                        Depth { data: below.data + 1, ..below }
                    }
                }
                Selection::InlineFragment(fragment) => self.depth(&fragment.selection_set),
                Selection::FragmentSpread(spread) => self.fragment_depth(spread.fragment_name.as_str()),
            };
            deepest.data = deepest.data.max(depth.data);
            deepest.introspection = deepest.introspection.max(depth.introspection);
        }
        deepest
    }

    fn fragment_depth(&mut self, name: &str) -> Depth {
        let Some((&name, &selections)) = self.fragments.get_key_value(name) else { return Depth::default() };
        if let Some(known) = self.fragment_depths.get(name) {
            return *known;
        }
        self.fragment_depths.insert(name, Depth::default());
        let depth = self.depth(selections);
        self.fragment_depths.insert(name, depth);
        depth
    }
}
