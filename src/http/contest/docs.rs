//! `/api/v2/openapi.json`, and the same for people: a page without scripts that needs nobody else's host.

use std::sync::LazyLock;

use actix_web::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value};

use crate::http::cors;
use crate::http::pages::POLICY;

use super::openapi;

const STYLE: &str = include_str!("docs.css");

static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::to_value(openapi::document()).expect("a document is made of strings and numbers"));

static PAGE: LazyLock<String> = LazyLock::new(|| page_of(&DOCUMENT));

/// The document.
pub(super) async fn document(request: HttpRequest) -> HttpResponse {
    cors::open(&request, serve("application/json", DOCUMENT.to_string()))
}

/// The document for people.
pub(super) async fn page() -> HttpResponse {
    serve("text/html; charset=utf-8", PAGE.clone())
}

/// How that looks.
pub(super) async fn style() -> HttpResponse {
    serve("text/css; charset=utf-8", STYLE.to_owned())
}

fn serve(content_type: &'static str, body: String) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, content_type))
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(body)
}

/// Text that is put into the page.
fn safe(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

fn members<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    value.pointer(pointer).and_then(Value::as_object).into_iter().flat_map(Map::iter)
}

fn page_of(document: &Value) -> String {
    let mut html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><link rel=\"stylesheet\" href=\"docs.css\"><h1>{title}</h1><p>{about}</p>\
         <p><a href=\"openapi.json\">openapi.json</a></p><h2>Paths</h2>",
        title = safe(text(document, "/info/title")),
        about = safe(text(document, "/info/description")),
    );
    for (path, verbs) in members(document, "/paths") {
        for (verb, operation) in members(verbs, "") {
            html += &operation_of(path, verb, operation);
        }
    }
    html += "<h2>Shapes</h2>";
    for (name, schema) in members(document, "/components/schemas") {
        html += &schema_of(name, schema);
    }
    html + "</html>"
}

fn operation_of(path: &str, verb: &str, operation: &Value) -> String {
    let mut html = format!(
        "<section><h3><span class=\"verb\">{}</span> <code>{}</code></h3><p>{} {}</p>",
        safe(&verb.to_uppercase()),
        safe(path),
        safe(text(operation, "/summary")),
        safe(text(operation, "/description")),
    );
    let parameters = operation.pointer("/parameters").and_then(Value::as_array);
    let names: Vec<_> = parameters.into_iter().flatten().map(|parameter| code(text(parameter, "/name"))).collect();
    if !names.is_empty() {
        html += &format!("<p>Parameters: {}</p>", names.join(", "));
    }
    for (kind, content) in members(operation, "/requestBody/content") {
        html += &format!("<p>Body: {} {}</p>", code(kind), kind_of(content.pointer("/schema")));
    }
    html += "<table>";
    for (status, response) in members(operation, "/responses") {
        let content = members(response, "/content").next();
        let shape = content.map(|(kind, content)| (kind, content.pointer("/schema")));
        let shape = shape.map(|(kind, schema)| if schema.is_some() { kind_of(schema) } else { code(kind) });
        row(&mut html, [&code(status), &shape.unwrap_or_default(), &safe(text(response, "/description"))]);
    }
    html + "</table></section>"
}

fn schema_of(name: &str, schema: &Value) -> String {
    let about = safe(text(schema, "/description"));
    let mut html = format!("<section id=\"{0}\"><h3>{0}</h3><p>{about}</p><table>", safe(name));
    for (field, value) in members(schema, "/properties") {
        row(&mut html, [&code(field), &kind_of(Some(value)), &safe(text(value, "/description"))]);
    }
    let words = schema.pointer("/enum").and_then(Value::as_array);
    let words: Vec<_> = words.into_iter().flatten().filter_map(Value::as_str).map(code).collect();
    html + "</table><p>" + &words.join(", ") + "</p></section>"
}

fn row(html: &mut String, cells: [&str; 3]) {
    let [first, second, third] = cells;
    *html += &format!("<tr><td>{first}<td>{second}<td>{third}");
}

fn code(text: &str) -> String {
    format!("<code>{}</code>", safe(text))
}

/// What a value is, with a link to its shape.
fn kind_of(schema: Option<&Value>) -> String {
    let Some(schema) = schema else { return String::new() };
    if let Some(name) = schema.pointer("/$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next()) {
        return format!("<a href=\"#{0}\">{0}</a>", safe(name));
    }
    if let Some(items) = schema.pointer("/items") {
        return format!("list of {}", kind_of(Some(items)));
    }
    let any = schema.pointer("/oneOf").or_else(|| schema.pointer("/type"));
    match any {
        Some(Value::String(kind)) => code(kind),
        Some(Value::Array(kinds)) => {
            let kind = |kind: &Value| kind.as_str().map_or_else(|| kind_of(Some(kind)), code);
            kinds.iter().map(kind).collect::<Vec<_>>().join(" or ")
        }
        _ => String::new(),
    }
}
