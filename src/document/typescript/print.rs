//! Types as text.

use super::shape::{Field, Shape};
use super::text::field_name;

/// Spaces that a level is moved in.
const STEP: usize = 2;

/// What binds a type to what stands around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Around {
    /// Nothing: no parentheses are needed.
    Free,
    /// `|`, `&` or `[]`.
    Operator,
}

impl Shape {
    /// The type as it stands on a line that is indented by `indent`.
    pub(super) fn print(&self, indent: usize) -> String {
        self.print_in(indent, Around::Free)
    }

    fn print_in(&self, indent: usize, around: Around) -> String {
        match self {
            Self::Unknown => "unknown".to_owned(),
            Self::Never => "never".to_owned(),
            Self::Word(text) | Self::Named(text) => text.clone(),
            Self::Array(item) => format!("{}[]", item.print_in(indent, Around::Operator)),
            Self::Tuple { items, required, rest } => tuple(items, *required, rest.as_deref(), indent),
            Self::Object { fields, rest } => object(fields, rest.as_deref(), indent),
            Self::Union(members) => operator(members, " | ", indent, around),
            Self::All(members) => operator(members, " & ", indent, around),
        }
    }
}

fn operator(members: &[Shape], sign: &str, indent: usize, around: Around) -> String {
    let members: Vec<_> = members.iter().map(|member| member.print_in(indent, Around::Operator)).collect();
    let text = members.join(sign);
    if around == Around::Free { text } else { format!("({text})") }
}

fn tuple(items: &[Shape], required: usize, rest: Option<&Shape>, indent: usize) -> String {
    let print = |(at, item): (usize, &Shape)| {
        if at < required { item.print(indent) } else { format!("{}?", item.print_in(indent, Around::Operator)) }
    };
    let mut items: Vec<_> = items.iter().enumerate().map(print).collect();
    items.extend(rest.map(|rest| format!("...{}[]", rest.print_in(indent, Around::Operator))));
    format!("[{}]", items.join(", "))
}

fn object(fields: &[Field], rest: Option<&Shape>, indent: usize) -> String {
    let inner = indent + STEP;
    let margin = " ".repeat(inner);
    let mut lines = String::new();
    for field in fields {
        let sign = if field.is_required { ":" } else { "?:" };
        let shape = field.shape.print(inner);
        lines += &format!("{}{margin}{}{sign} {shape};\n", field.comment.print(inner), field_name(&field.name));
    }
    if let Some(rest) = rest {
        lines += &format!("{margin}[field: string]: {};\n", index(fields, rest).print(inner));
    }
    if lines.is_empty() { "{}".to_owned() } else { format!("{{\n{lines}{}}}", " ".repeat(indent)) }
}

/// What a field of any name can be: TypeScript wants the named ones to fit too.
fn index(fields: &[Field], rest: &Shape) -> Shape {
    let missing = fields.iter().any(|field| !field.is_required).then(|| Shape::word("undefined"));
    let named = fields.iter().map(|field| field.shape.clone());
    Shape::union(std::iter::once(rest.clone()).chain(named).chain(missing))
}
