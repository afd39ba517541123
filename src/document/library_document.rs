//! An operation as async-graphql has it: its own document type, made from the document that `apollo-compiler` validated.
//!
//! Fields at the root are collected already (`@skip`, `@include`, fragments and equal response keys are settled by the
//! [plan](crate::schema::plan)), because the library resolves each occurrence of a field by itself. What is selected of
//! objects that are executed breadth-first is left out: the plan has it, and the library copies its document for each request.

use apollo_compiler::{
    ExecutableDocument, Node,
    ast::{DirectiveList, Type, Value},
    executable::{self, Operation, OperationType, Selection, SelectionSet},
    parser::SourceSpan,
};
use async_graphql::{
    Name, Pos, Positioned,
    parser::types::{self as library, DocumentOperations},
};
use async_graphql_value::Value as Library;

use crate::schema::{Catalog, plan::Scope};

/// Converts an operation whose fields at the root are `root`.
pub(super) fn convert(
    catalog: &'static Catalog,
    document: &ExecutableDocument,
    operation: &Node<Operation>,
    root: &Scope,
) -> library::ExecutableDocument {
    let converter = Converter { catalog, document };
    let items = root.fields().map(|(key, occurrences)| {
        let first = &occurrences[0];
        let mut field = converter.field(first);
        // Equal response keys at the root are one field.
        if field.node.response_key().node != key {
            field.node.alias = Some(Positioned::new(Name::new(key), field.pos));
        }
        for other in &occurrences[1..] {
            field.node.selection_set.node.items.extend(converter.field(other).node.selection_set.node.items);
        }
        // Settled by the plan.
        field.node.directives.clear();
        Positioned::new(library::Selection::Field(field.clone()), field.pos)
    });
    let pos = converter.position(operation.location());
    let definition = library::OperationDefinition {
        ty: match operation.operation_type {
            OperationType::Query => library::OperationType::Query,
            OperationType::Mutation => library::OperationType::Mutation,
            OperationType::Subscription => library::OperationType::Subscription,
        },
        variable_definitions: operation.variables.iter().map(|variable| converter.variable(variable)).collect(),
        directives: Vec::new(),
        selection_set: Positioned::new(library::SelectionSet { items: items.collect() }, pos),
    };
    let definition = Positioned::new(definition, pos);
    let operations = match &operation.name {
        None => DocumentOperations::Single(definition),
        Some(name) => DocumentOperations::Multiple([(Name::new(name), definition)].into_iter().collect()),
    };
    let resolved =
        document.fragments.iter().filter(|(_, fragment)| !converter.is_breadth_first(&fragment.selection_set.ty));
    let fragments = resolved.map(|(name, fragment)| {
        let pos = converter.position(fragment.location());
        let definition = library::FragmentDefinition {
            type_condition: condition(&fragment.selection_set.ty, pos),
            directives: Vec::new(),
            selection_set: converter.set(&fragment.selection_set, pos),
        };
        (Name::new(name), Positioned::new(definition, pos))
    });
    library::ExecutableDocument { operations, fragments: fragments.collect() }
}

struct Converter<'a> {
    catalog: &'static Catalog,
    document: &'a ExecutableDocument,
}

impl Converter<'_> {
    /// Whether objects of a type are executed breadth-first, so that the library never looks at what is selected of them.
    fn is_breadth_first(&self, ty: &str) -> bool {
        self.catalog.object(ty).is_some() || !self.catalog.targets(ty).is_empty()
    }

    fn position(&self, at: Option<SourceSpan>) -> Pos {
        let at = at.and_then(|at| at.line_column(&self.document.sources));
        at.map(|at| Pos { line: at.line, column: at.column }).unwrap_or_default()
    }

    fn variable(
        &self,
        variable: &Node<apollo_compiler::ast::VariableDefinition>,
    ) -> Positioned<library::VariableDefinition> {
        let pos = self.position(variable.location());
        let ty = library::Type::new(&variable.ty.to_string());
        // The values are coerced already, defaults included.
        let definition = library::VariableDefinition {
            name: Positioned::new(Name::new(&variable.name), pos),
            var_type: Positioned::new(ty.unwrap_or_else(|| any_type(&variable.ty)), pos),
            directives: Vec::new(),
            default_value: None,
        };
        Positioned::new(definition, pos)
    }

    fn set(&self, set: &SelectionSet, pos: Pos) -> Positioned<library::SelectionSet> {
        let items = set.selections.iter().map(|selection| match selection {
            Selection::Field(field) => {
                let field = self.field(field);
                let pos = field.pos;
                Positioned::new(library::Selection::Field(field), pos)
            }
            Selection::FragmentSpread(spread) => {
                let pos = self.position(spread.location());
                let spread = library::FragmentSpread {
                    fragment_name: Positioned::new(Name::new(&spread.fragment_name), pos),
                    directives: self.directives(&spread.directives),
                };
                Positioned::new(library::Selection::FragmentSpread(Positioned::new(spread, pos)), pos)
            }
            Selection::InlineFragment(fragment) => {
                let pos = self.position(fragment.location());
                let fragment = library::InlineFragment {
                    type_condition: fragment.type_condition.as_ref().map(|name| condition(name, pos)),
                    directives: self.directives(&fragment.directives),
                    selection_set: self.set(&fragment.selection_set, pos),
                };
                Positioned::new(library::Selection::InlineFragment(Positioned::new(fragment, pos)), pos)
            }
        });
        Positioned::new(library::SelectionSet { items: items.collect() }, pos)
    }

    fn field(&self, field: &Node<executable::Field>) -> Positioned<library::Field> {
        let pos = self.position(field.location());
        let arguments = field.arguments.iter().map(|argument| {
            let (name, at) = (self.position(argument.location()), self.position(argument.value.location()));
            (Positioned::new(Name::new(&argument.name), name), Positioned::new(value(&argument.value), at))
        });
        let converted = library::Field {
            alias: field.alias.as_ref().map(|alias| Positioned::new(Name::new(alias), pos)),
            name: Positioned::new(Name::new(&field.name), pos),
            arguments: arguments.collect(),
            directives: self.directives(&field.directives),
            selection_set: match &field.selection_set {
                Some(set) if !self.is_breadth_first(&set.ty) => self.set(set, pos),
                _ => Positioned::new(library::SelectionSet::default(), pos),
            },
        };
        Positioned::new(converted, pos)
    }

    fn directives(&self, directives: &DirectiveList) -> Vec<Positioned<library::Directive>> {
        let directives = directives.iter().map(|directive| {
            let pos = self.position(directive.location());
            let arguments = directive.arguments.iter().map(|argument| {
                (Positioned::new(Name::new(&argument.name), pos), Positioned::new(value(&argument.value), pos))
            });
            let name = Positioned::new(Name::new(&directive.name), pos);
            Positioned::new(library::Directive { name, arguments: arguments.collect() }, pos)
        });
        directives.collect()
    }
}

fn condition(name: &str, pos: Pos) -> Positioned<library::TypeCondition> {
    Positioned::new(library::TypeCondition { on: Positioned::new(Name::new(name), pos) }, pos)
}

/// What the library could not parse as a type is nullable, and its variables have coerced values.
fn any_type(ty: &Type) -> library::Type {
    let base = library::BaseType::Named(Name::new(ty.inner_named_type()));
    library::Type { base, nullable: true }
}

fn value(of: &Value) -> Library {
    match of {
        Value::Null => Library::Null,
        Value::Boolean(given) => Library::Boolean(*given),
        Value::String(text) => Library::String(text.clone()),
        Value::Enum(name) => Library::Enum(Name::new(name)),
        Value::Variable(name) => Library::Variable(Name::new(name)),
        // One of more than 64 bits is its digits: an ID has all of them.
        Value::Int(number) => number
            .as_str()
            .parse()
            .map_or_else(|_| Library::String(number.as_str().to_owned()), |whole: i64| Library::Number(whole.into())),
        Value::Float(number) => {
            number.try_to_f64().ok().and_then(async_graphql::Number::from_f64).map_or(Library::Null, Library::Number)
        }
        Value::List(items) => Library::List(items.iter().map(|item| value(item)).collect()),
        Value::Object(fields) => {
            Library::Object(fields.iter().map(|(name, field)| (Name::new(name), value(field))).collect())
        }
    }
}
