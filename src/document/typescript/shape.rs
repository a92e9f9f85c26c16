//! What a type can be.

use super::text::Comment;

/// A TypeScript type, as far as JSON needs them.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    /// `unknown`: anything.
    Unknown,
    /// `never`: nothing.
    Never,
    /// A type of TypeScript's own, or a literal, as it is written.
    Word(String),
    /// A type that this module declares.
    Named(String),
    /// Any number of one shape.
    Array(Box<Self>),
    /// These, of which the first `required` are there, then any number of `rest`.
    Tuple { items: Vec<Self>, required: usize, rest: Option<Box<Self>> },
    /// These fields, and any others of the shape `rest`.
    Object { fields: Vec<Field>, rest: Option<Box<Self>> },
    /// One of these; at least two.
    Union(Vec<Self>),
    /// All of these at once; at least two.
    All(Vec<Self>),
}

/// A field of an object.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) is_required: bool,
    pub(super) shape: Shape,
    pub(super) comment: Comment,
}

impl Shape {
    pub(super) fn word(text: &str) -> Self {
        Self::Word(text.to_owned())
    }

    /// One of `shapes`; nothing if there is none.
    pub(super) fn union(shapes: impl IntoIterator<Item = Self>) -> Self {
        let mut members = Vec::new();
        for shape in shapes {
            match shape {
                Self::Unknown => return Self::Unknown,
                Self::Never => {}
                Self::Union(inner) => inner.into_iter().for_each(|shape| add(&mut members, shape)),
                Self::Word(_)
                | Self::Named(_)
                | Self::Array(_)
                | Self::Tuple { .. }
                | Self::Object { .. }
                | Self::All(_) => add(&mut members, shape),
            }
        }
        single(members).unwrap_or_else(|members| if members.is_empty() { Self::Never } else { Self::Union(members) })
    }

    /// All of `shapes`; anything if there is none.
    pub(super) fn all(shapes: impl IntoIterator<Item = Self>) -> Self {
        let mut members = Vec::new();
        for shape in shapes {
            match shape {
                Self::Never => return Self::Never,
                Self::Unknown => {}
                Self::All(inner) => inner.into_iter().for_each(|shape| add(&mut members, shape)),
                Self::Word(_)
                | Self::Named(_)
                | Self::Array(_)
                | Self::Tuple { .. }
                | Self::Object { .. }
                | Self::Union(_) => add(&mut members, shape),
            }
        }
        single(members).unwrap_or_else(|members| if members.is_empty() { Self::Unknown } else { Self::All(members) })
    }

    /// The shape with a `timestamp` that is always there, wherever it is an object.
    pub(super) fn stamped(self) -> Self {
        match self {
            Self::Object { mut fields, rest } => {
                match fields.iter_mut().find(|field| field.name == TIMESTAMP) {
                    Some(field) => field.is_required = true,
                    None => fields.push(timestamp()),
                }
                Self::Object { fields, rest }
            }
            Self::Union(members) => Self::union(members.into_iter().map(Self::stamped)),
            Self::All(members) => {
                let is_object = |member: &Self| matches!(member, Self::Object { .. });
                match members.iter().position(is_object) {
                    Some(first) => {
                        let stamp = |(at, member): (usize, Self)| if at == first { member.stamped() } else { member };
                        Self::all(members.into_iter().enumerate().map(stamp))
                    }
                    None => Self::all(members.into_iter().map(Self::stamped)),
                }
            }
            Self::Named(_) => Self::all([self, Self::Object { fields: vec![timestamp()], rest: None }]),
            other @ (Self::Unknown | Self::Never | Self::Word(_) | Self::Array(_) | Self::Tuple { .. }) => other,
        }
    }
}

const TIMESTAMP: &str = "timestamp";

fn timestamp() -> Field {
    let comment = Comment::new("Time of arrival at the broker, where the publisher gave none.");
    Field { name: TIMESTAMP.to_owned(), is_required: true, shape: Shape::word("string"), comment }
}

fn add(members: &mut Vec<Shape>, shape: Shape) {
    if !members.contains(&shape) {
        members.push(shape);
    }
}

/// The only member, or all of them back.
fn single(mut members: Vec<Shape>) -> Result<Shape, Vec<Shape>> {
    match members.pop() {
        Some(only) if members.is_empty() => Ok(only),
        Some(last) => {
            members.push(last);
            Err(members)
        }
        None => Err(members),
    }
}
