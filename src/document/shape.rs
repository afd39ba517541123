//! The shape of a document: what can be counted before it is known to be valid.

use apollo_compiler::ast::{Definition, DirectiveList, Document, Selection, Value};
use rustc_hash::{FxHashMap, FxHashSet};

/// Counts over a document; of several operations, the largest counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Shape {
    pub aliases: usize,
    pub directives: usize,
    pub root_fields: usize,
    /// Fields inside fields, outside of introspection.
    pub depth: usize,
    /// Fields inside `__schema` and `__type`.
    pub introspection_depth: usize,
    /// The longest list among the arguments.
    pub list: usize,
}

impl Shape {
    pub(super) fn of(document: &Document) -> Self {
        let fragments = document.definitions.iter().filter_map(Definition::as_fragment_definition);
        let fragments = fragments.map(|f| (f.name.as_str(), f.selection_set.as_slice())).collect();
        let mut walk = Walk { fragments, depths: FxHashMap::default(), shape: Self::default() };
        for definition in &document.definitions {
            match definition {
                Definition::OperationDefinition(operation) => {
                    walk.directives(&operation.directives);
                    for variable in &operation.variables {
                        walk.directives(&variable.directives);
                        variable.default_value.iter().for_each(|value| walk.value(value));
                    }
                    walk.count(&operation.selection_set);
                    let roots = walk.roots(&operation.selection_set, &mut FxHashSet::default());
                    let depth = walk.depth(&operation.selection_set);
                    walk.shape.root_fields = walk.shape.root_fields.max(roots);
                    walk.shape.depth = walk.shape.depth.max(depth.plain);
                    walk.shape.introspection_depth = walk.shape.introspection_depth.max(depth.introspection);
                }
                Definition::FragmentDefinition(fragment) => {
                    walk.directives(&fragment.directives);
                    walk.count(&fragment.selection_set);
                }
                _ => {}
            }
        }
        walk.shape
    }
}

#[derive(Clone, Copy, Default)]
struct Depth {
    plain: usize,
    introspection: usize,
}

struct Walk<'a> {
    fragments: FxHashMap<&'a str, &'a [Selection]>,
    /// Of fragments; one that is being walked counts nothing, so that circles, which are not valid, end.
    depths: FxHashMap<&'a str, Depth>,
    shape: Shape,
}

impl<'a> Walk<'a> {
    fn count(&mut self, selections: &[Selection]) {
        for selection in selections {
            match selection {
                Selection::Field(field) => {
                    self.shape.aliases += usize::from(field.alias.is_some());
                    self.directives(&field.directives);
                    field.arguments.iter().for_each(|argument| self.value(&argument.value));
                    self.count(field.selection_set.as_deref().unwrap_or_default());
                }
                Selection::InlineFragment(fragment) => {
                    self.directives(&fragment.directives);
                    self.count(&fragment.selection_set);
                }
                Selection::FragmentSpread(spread) => self.directives(&spread.directives),
            }
        }
    }

    fn directives(&mut self, directives: &DirectiveList) {
        self.shape.directives += directives.len();
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::List(items) => {
                self.shape.list = self.shape.list.max(items.len());
                for item in items {
                    self.value(item);
                }
            }
            Value::Object(fields) => fields.iter().for_each(|(_, value)| self.value(value)),
            _ => {}
        }
    }

    fn roots(&self, selections: &'a [Selection], visited: &mut FxHashSet<&'a str>) -> usize {
        let count = |selection: &'a Selection, visited: &mut FxHashSet<&'a str>| match selection {
            Selection::Field(_) => 1,
            Selection::InlineFragment(fragment) => self.roots(&fragment.selection_set, visited),
            Selection::FragmentSpread(spread) => {
                let name = spread.fragment_name.as_str();
                let again = !visited.insert(name);
                self.fragments.get(name).filter(|_| !again).map_or(0, |selections| self.roots(selections, visited))
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
                        Depth { plain: 1, introspection: below.plain }
                    } else {
                        Depth { plain: below.plain + 1, ..below }
                    }
                }
                Selection::InlineFragment(fragment) => self.depth(&fragment.selection_set),
                Selection::FragmentSpread(spread) => self.fragment(spread.fragment_name.as_str()),
            };
            deepest.plain = deepest.plain.max(depth.plain);
            deepest.introspection = deepest.introspection.max(depth.introspection);
        }
        deepest
    }

    fn fragment(&mut self, name: &str) -> Depth {
        let Some((&name, &selections)) = self.fragments.get_key_value(name) else { return Depth::default() };
        if let Some(known) = self.depths.get(name) {
            return *known;
        }
        self.depths.insert(name, Depth::default());
        let depth = self.depth(selections);
        self.depths.insert(name, depth);
        depth
    }
}
