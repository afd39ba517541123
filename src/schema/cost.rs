//! What fields cost: the basis of query cost analysis.

/// The cost of a field, without the fields that are selected below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldCost {
    /// The number of statements, for all objects of a scope together.
    pub statements: u32,
    /// How many of the statements read a whole list.
    pub scans: u32,
    /// Whether these are scans of the items of groups, which are read with what is related for the groups, too.
    pub is_aggregate: bool,
    /// The number of links by which the records of a list can be related: its filter and its orders are those of each.
    pub ways: u32,
    /// What is worked out in memory for each object that it is a field of, in objects that take as much time.
    pub work: u32,
    /// The number of objects that it leads to.
    pub size: Size,
}

impl FieldCost {
    /// The cost of a leaf that is written from its object.
    pub const LEAF: Self = Self { statements: 0, scans: 0, is_aggregate: false, ways: 1, work: 0, size: Size::None };
}

/// The number of objects that a field leads to, for one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// None: a leaf.
    None,
    /// One.
    One,
    /// A list that is assumed to be this long.
    Assumed(u32),
    /// A connection, whose arguments `first` and `last` say how long its `edges` and `nodes` are.
    Connection {
        /// The length without these arguments.
        default: u32,
        /// The maximum length.
        most: u32,
    },
    /// A list, whose argument `first` says how long it is.
    First {
        /// The length without this argument.
        default: u32,
        /// The maximum length.
        most: u32,
    },
    /// The items of the connection that it is a field of.
    Items,
    /// The length of the list in the argument of this name.
    Argument(&'static str),
}
