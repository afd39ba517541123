//! Results: the executed objects of a scope, which of them are `null`, and the errors at and below them.

use std::sync::Arc;

use async_graphql::{PathSegment, ServerError};

use super::answer::{Leaves, Position};

/// A field error below an object.
pub(super) struct FieldError {
    /// The object.
    pub object: u32,
    /// The path from the object on, innermost segment first.
    pub path: Vec<PathSegment>,
    pub error: ServerError,
}

/// The executed objects of a scope.
pub(super) trait Resolved: Send + Sync {
    /// Whether a field error below made this object `null`.
    fn is_null(&self, object: u32) -> bool;
    /// Appends an object as JSON.
    fn write(&self, object: u32, out: &mut Vec<u8>);
    /// The errors at and below the objects.
    fn take_errors(&mut self) -> Vec<FieldError>;
}

/// The executed objects of a scope, field by field.
pub(super) struct ScopeResult<S: 'static> {
    pub objects: Vec<Arc<S>>,
    /// The values of the fields, each with its response key as JSON.
    pub columns: Vec<(Box<[u8]>, Column<S>)>,
    pub nulls: Nulls,
    pub errors: Vec<FieldError>,
}

impl<S> ScopeResult<S> {
    pub fn new(fields: usize) -> Self {
        Self { objects: Vec::new(), columns: Vec::with_capacity(fields), nulls: Nulls::default(), errors: Vec::new() }
    }
}

/// The objects that are `null`; usually none.
#[derive(Default)]
pub(super) struct Nulls(Vec<bool>);

impl Nulls {
    pub fn set(&mut self, object: usize) {
        if self.0.len() <= object {
            self.0.resize(object + 1, false);
        }
        self.0[object] = true;
    }
    pub fn has(&self, object: u32) -> bool {
        self.0.get(object as usize).copied().unwrap_or(false)
    }
}

/// The values of one field of a scope.
pub(super) enum Column<S: 'static> {
    /// Leaves that are written from the objects.
    Own(&'static (dyn Fn(&S, &mut Vec<u8>) + Send + Sync)),
    /// The same JSON for all objects.
    Constant(Vec<u8>),
    /// Finished JSON.
    Leaves(Leaves),
    /// Objects.
    One { children: Vec<Box<dyn Resolved>>, positions: Vec<Position> },
    /// Lists of objects.
    Many { children: Vec<Box<dyn Resolved>>, starts: Vec<u32>, positions: Vec<Position>, nulls: Nulls },
}

impl<S: Send + Sync + 'static> Resolved for ScopeResult<S> {
    fn is_null(&self, object: u32) -> bool {
        self.nulls.has(object)
    }

    fn write(&self, object: u32, out: &mut Vec<u8>) {
        out.push(b'{');
        for (i, (key, column)) in self.columns.iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            out.extend_from_slice(key);
            match column {
                Column::Own(write) => write(&self.objects[object as usize], out),
                column => column.write(object, out),
            }
        }
        out.push(b'}');
    }

    fn take_errors(&mut self) -> Vec<FieldError> {
        std::mem::take(&mut self.errors)
    }
}

impl<S> Column<S> {
    /// Appends a value that is not written from its object.
    pub fn write(&self, object: u32, out: &mut Vec<u8>) {
        let i = object as usize;
        match self {
            // Written by the scope, which has the objects.
            Self::Own(_) => {}
            Self::Constant(text) => out.extend_from_slice(text),
            Self::Leaves(Leaves { text, ends }) => {
                let start = if i == 0 { 0 } else { ends[i - 1] as usize };
                out.extend_from_slice(&text[start..ends[i] as usize]);
            }
            Self::One { children, positions } => write_position(children, positions[i], out),
            Self::Many { nulls, .. } if nulls.has(object) => out.extend_from_slice(b"null"),
            Self::Many { children, starts, positions, .. } => {
                out.push(b'[');
                for (n, position) in positions[starts[i] as usize..starts[i + 1] as usize].iter().enumerate() {
                    if n > 0 {
                        out.push(b',');
                    }
                    write_position(children, *position, out);
                }
                out.push(b']');
            }
        }
    }
}

fn write_position(children: &[Box<dyn Resolved>], position: Position, out: &mut Vec<u8>) {
    match position {
        Position::Object { group, object } if !children[group as usize].is_null(object) => {
            children[group as usize].write(object, out);
        }
        _ => out.extend_from_slice(b"null"),
    }
}
