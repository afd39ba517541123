//! What fields cost: the basis of query cost analysis.

/// The cost of a field, without the fields that are selected below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldCost {
    /// The number of statements, for all objects of a scope together.
    pub statements: u32,
    /// How many of the statements read a whole list.
    pub scans: u32,
    /// The number of objects that it leads to.
    pub size: Size,
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
    /// The items of the connection that it is a field of.
    Items,
    /// The length of the list in the argument of this name.
    Argument(&'static str),
}
