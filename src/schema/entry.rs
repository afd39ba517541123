//! Where async-graphql's executor hands over: a field that it resolves gives its selection set to breadth-first execution
//! and gets finished JSON back.

use std::{
    borrow::Cow,
    marker::PhantomData,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use apollo_compiler::response::JsonMap;
use async_graphql::{
    Context, ID, OutputType, PathSegment, Positioned, QueryPathNode, QueryPathSegment, ServerError, ServerResult,
    Value, parser::types::Field,
};
use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::{
    answer::{Answer, index},
    catalog::Catalog,
    execute::{Call, Executed, Execution, execute},
    object::FieldInfo,
    plan::Plan,
    record::{RecordRef, load_any},
    root::Api,
};
use crate::{
    async_graphql_internals::{ContextSelectionSet, Registry, raw_json},
    error::{Code, Error, Result},
    model::Record,
    query::{batch::Loader, filter::global_id, page::MAX_SIZE},
};

/// The data of a request that its execution needs.
pub struct OperationData {
    /// What it selects.
    pub plan: Arc<Plan>,
    /// The values of its variables, coerced to their types.
    pub variables: JsonMap,
}

/// How often a field is executed at most, if others write at the same time.
const MAX_ATTEMPTS: usize = 4;

/// Resolves a field of an object type of the library: `answer` says which objects it leads to. It is executed again if
/// another process wrote between two of its statements so that they do not fit together.
pub async fn resolve(
    context: &Context<'_>,
    catalog: &'static Catalog,
    info: &FieldInfo,
    answer: impl for<'c> Fn(Call<'c>) -> BoxFuture<'c, Result<Answer>>,
) -> ServerResult<Value> {
    resolve_at(context.path_node.as_ref(), context, catalog, info, answer).await
}

async fn resolve_at<T>(
    path: Option<&QueryPathNode<'_>>,
    context: &async_graphql::ContextBase<'_, T>,
    catalog: &'static Catalog,
    info: &FieldInfo,
    answer: impl for<'c> Fn(Call<'c>) -> BoxFuture<'c, Result<Answer>>,
) -> ServerResult<Value> {
    let internal = |cause: &str| ServerError { path: segments(path), ..Error::internal(cause).shown() };
    let operation = context.data_opt::<Arc<OperationData>>().ok_or_else(|| internal("the operation has no plan"))?;
    let loader = context.data_opt::<Arc<Loader>>().ok_or_else(|| internal("the operation has no loader"))?;
    let segments = segments(path);
    let keys = segments.iter().filter_map(|segment| match segment {
        PathSegment::Field(key) => Some(key.as_str()),
        PathSegment::Index(_) => None,
    });
    let found = operation.plan.field_at(keys);
    let (scope, position) = found.ok_or_else(|| internal("the plan lacks a field of the operation"))?;
    let mut attempts = 1;
    let Executed { json, is_propagated, errors } = loop {
        let conflict = AtomicBool::new(false);
        let (plan, variables) = (&*operation.plan, &operation.variables);
        let execution = Execution { plan, catalog, loader, variables, conflict: &conflict };
        let call = Call::new(execution, &scope.fields[position]);
        let executed = execute(call, info, answer(call).await).await;
        if !conflict.load(Ordering::Relaxed) {
            break executed;
        }
        if attempts == MAX_ATTEMPTS {
            tracing::warn!(field = call.field.name(), attempts, "required references lead to no record");
            break executed;
        }
        attempts += 1;
    };
    // Errors are part of the answer, and cost as much as objects.
    loader.loader().tally.count_objects(errors.len());
    let mut errors: Vec<ServerError> = errors
        .into_iter()
        .map(|error| {
            // The path begins with the field itself, which the path of the context ends with. A remark has none.
            let Some((_, inner)) = error.path.split_first() else { return error };
            let path = segments.iter().chain(inner).cloned().collect();
            ServerError { path, ..error }
        })
        .collect();
    // The library makes the parent `null` if the field gives an error.
    // The first one: the last can be a remark, which says nothing of the field.
    let propagated = (is_propagated && !errors.is_empty()).then(|| errors.remove(0));
    for error in errors {
        context.add_error(error);
    }
    if let Some(error) = propagated {
        return Err(error);
    }
    if json == b"null" {
        return Ok(Value::Null);
    }
    // JSON is UTF-8.
    String::from_utf8(json).map(raw_json).map_err(|_| internal("an answer is not UTF-8"))
}

/// A path from the root to a node.
fn segments(node: Option<&QueryPathNode<'_>>) -> Vec<PathSegment> {
    let Some(node) = node else { return Vec::new() };
    let segment = |node: &QueryPathNode<'_>| match node.segment {
        QueryPathSegment::Name(name) => PathSegment::Field(name.to_owned()),
        QueryPathSegment::Index(index) => PathSegment::Index(index),
    };
    let mut path: Vec<_> = std::iter::once(node).chain(node.parents()).map(segment).collect();
    path.reverse();
    path
}

/// A record of one type: the return type of resolvers of async-graphql, such as in the payload of a mutation.
pub struct RecordOf<A, E> {
    id: Uuid,
    of: PhantomData<fn() -> (A, E)>,
}

impl<A, E> RecordOf<A, E> {
    /// The record with an id.
    #[must_use]
    pub fn new(id: Uuid) -> Self {
        Self { id, of: PhantomData }
    }
}

impl<A: Api, E: Record> OutputType for RecordOf<A, E> {
    fn type_name() -> Cow<'static, str> {
        E::NAME.into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        super::types::register(A::catalog(), registry);
        Self::qualified_type_name()
    }

    async fn resolve(&self, context: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        let record = E::default();
        let table = sea_orm::EntityName::table_name(&record);
        one::<A>(context, table, self.id).await
    }
}

/// A record of any type: the return type of `Query.node`.
pub struct Node<A> {
    table: &'static str,
    id: Uuid,
    api: PhantomData<fn() -> A>,
}

/// Records of any types: the return type of `Query.nodes`.
pub struct Nodes<A> {
    /// What is no global id is an error of its item.
    ids: Vec<Result<(&'static str, Uuid)>>,
    api: PhantomData<fn() -> A>,
}

impl<A: Api> Node<A> {
    /// The record with a global id.
    pub fn new(id: &ID) -> Result<Self> {
        let (table, id) = global_id(id, &tables::<A>())?;
        Ok(Self { table, id, api: PhantomData })
    }
}

impl<A: Api> Nodes<A> {
    /// The records with global ids.
    pub fn new(ids: &[ID]) -> Result<Self> {
        if ids.len() > MAX_SIZE {
            let message = format!("`ids` has {} ids: at most {MAX_SIZE} are allowed", ids.len());
            return Err(Error::input(Code::InvalidPage, message));
        }
        let tables = tables::<A>();
        Ok(Self { ids: ids.iter().map(|id| global_id(id, &tables)).collect(), api: PhantomData })
    }
}

fn tables<A: Api>() -> Vec<&'static str> {
    A::catalog().model().types().map(|record| record.table).collect()
}

impl<A: Api> OutputType for Node<A> {
    fn type_name() -> Cow<'static, str> {
        "Node".into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        super::types::register(A::catalog(), registry);
        Self::qualified_type_name()
    }

    async fn resolve(&self, context: &ContextSelectionSet<'_>, _: &Positioned<Field>) -> ServerResult<Value> {
        one::<A>(context, self.table, self.id).await
    }
}

impl<A: Api> OutputType for Nodes<A> {
    fn type_name() -> Cow<'static, str> {
        "[Node]".into()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        super::types::register(A::catalog(), registry);
        Self::qualified_type_name()
    }

    async fn resolve(&self, context: &ContextSelectionSet<'_>, field: &Positioned<Field>) -> ServerResult<Value> {
        let path = segments(context.path_node.as_ref());
        for (item, error) in self.ids.iter().enumerate().filter_map(|(item, id)| Some((item, id.as_ref().err()?))) {
            let path = path.iter().cloned().chain([PathSegment::Index(item)]).collect();
            context.add_error(ServerError { path, locations: vec![field.pos], ..error.shown() });
        }
        let info = FieldInfo::of_library("[Node]");
        resolve_at(context.path_node.as_ref(), context, A::catalog(), &info, |call| {
            let wanted = self.ids.iter().map(|id| RecordRef::ById(id.as_ref().ok().copied())).collect();
            let starts = vec![0, index(self.ids.len())];
            Box::pin(async move { Ok(Answer::Many { starts, positions: load_any(call, wanted, false).await? }) })
        })
        .await
    }
}

async fn one<A: Api>(context: &ContextSelectionSet<'_>, table: &'static str, id: Uuid) -> ServerResult<Value> {
    let info = FieldInfo::of_library("Node");
    resolve_at(context.path_node.as_ref(), context, A::catalog(), &info, |call| {
        let wanted = vec![RecordRef::ById(Some((table, id)))];
        Box::pin(async move { load_any(call, wanted, false).await.map(Answer::One) })
    })
    .await
}
