//! The OpenAPI document, made from the table.

use utoipa::OpenApi as _;
use utoipa::openapi::path::{
    Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem, PathsBuilder,
};
use utoipa::openapi::request_body::{RequestBody, RequestBodyBuilder};
use utoipa::openapi::schema::{AdditionalProperties, ArrayBuilder, ObjectBuilder, Schema, SchemaType, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    Components, Content, HttpMethod, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, Required, Response,
    ResponseBuilder,
};

use super::endpoint::{Answer, BASE, Body, ENDPOINTS, Endpoint, Need, Verb};
use super::query::bare;
use super::schemas::Schemas;

const JSON: &str = "application/json";

const ABOUT: &str = "Runs, points, teams and files of the vibration contest. Send a token: `Authorization: Bearer …`. \
    Whoever may subscribe to `private-session` may read; whoever may publish on it is a judge and may do all. \
    Every refusal is `{\"error\": …, \"reason\": …}`; a 503 says when to come back. Where no contest runs, every path is a 404.";

/// The document.
pub(super) fn document() -> OpenApi {
    let mut paths = PathsBuilder::new();
    for endpoint in ENDPOINTS {
        let path = format!("{BASE}{}", endpoint.path);
        paths = paths.path(path, PathItem::new(method(endpoint.verb), operation(endpoint)));
    }
    let info = InfoBuilder::new()
        .title("Saluran: the vibration contest")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .build();
    let security = SecurityRequirement::new("bearer", Vec::<String>::new());
    let builder = OpenApiBuilder::new().info(info).paths(paths).components(Some(components()));
    builder.security(Some([security])).build()
}

fn components() -> Components {
    let mut components = Schemas::openapi().components.unwrap_or_default();
    for schema in components.schemas.values_mut() {
        if let RefOr::T(Schema::Object(object)) = schema
            && !object.properties.is_empty()
        {
            object.additional_properties = Some(Box::new(AdditionalProperties::FreeForm(false)));
        }
    }
    let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build());
    components.add_security_scheme("bearer", bearer);
    components
}

const fn method(verb: Verb) -> HttpMethod {
    match verb {
        Verb::Get => HttpMethod::Get,
        Verb::Post => HttpMethod::Post,
        Verb::Put => HttpMethod::Put,
    }
}

fn operation(endpoint: &Endpoint) -> Operation {
    let who = match endpoint.need {
        Need::Viewer => "For judges and viewers.",
        Need::Judge => "For judges.",
    };
    let mut operation = OperationBuilder::new()
        .summary(Some(endpoint.summary))
        .description(Some(who))
        .operation_id(Some(format!("{:?}", endpoint.wish)))
        .request_body(body(endpoint.body));
    if endpoint.path.contains("{id}") {
        let whole = ObjectBuilder::new().schema_type(SchemaType::AnyValue).build();
        operation = operation.parameter(parameter("id", ParameterIn::Path, Required::True, whole.into()));
    }
    for name in endpoint.query {
        let required = if name.ends_with('!') { Required::True } else { Required::False };
        operation = operation.parameter(parameter(bare(name), ParameterIn::Query, required, of_parameter(name)));
    }
    for (status, response) in responses(endpoint) {
        operation = operation.response(status.to_string(), response);
    }
    operation.build()
}

fn parameter(name: &str, place: ParameterIn, required: Required, schema: Schema) -> Parameter {
    // Lists are separated by commas.
    let explode = matches!(schema, Schema::Array(_)).then_some(false);
    ParameterBuilder::new()
        .name(name)
        .parameter_in(place)
        .required(required)
        .explode(explode)
        .schema(Some(schema))
        .build()
}

fn of_parameter(name: &str) -> Schema {
    let number = |kind| ObjectBuilder::new().schema_type(kind);
    match name {
        "category" | "category!" => {
            ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["baja", "beton"])).build().into()
        }
        "frequency" => number(Type::Number).enum_values(Some([1.5, 2.5, 3.5, 4.5, 5.5])).build().into(),
        "laptop_id" | "laptop_id!" => number(Type::Integer).minimum(Some(1)).maximum(Some(8)).build().into(),
        "laptop_id*" => {
            let lane = number(Type::Integer).minimum(Some(1)).maximum(Some(8));
            ArrayBuilder::new().items(lane.build()).build().into()
        }
        "limit" => number(Type::Integer).minimum(Some(1)).maximum(Some(10_000)).build().into(),
        _ => number(Type::Integer).build().into(),
    }
}

fn body(body: Body) -> Option<RequestBody> {
    let json = |name: &str| Content::new(Some(Ref::from_schema_name(name)));
    let text = || Content::new(Some(ObjectBuilder::new().schema_type(Type::String).build()));
    let (builder, required) = match body {
        Body::None => return None,
        Body::Json(name) => (RequestBodyBuilder::new().content(JSON, json(name)), Required::True),
        Body::Optional(name) => (RequestBodyBuilder::new().content(JSON, json(name)), Required::False),
        Body::Table(name) => {
            (RequestBodyBuilder::new().content(JSON, json(name)).content("text/csv", text()), Required::True)
        }
    };
    Some(builder.required(Some(required)).build())
}

/// Statuses with what they mean; those that follow from the endpoint's other fields included.
fn responses(endpoint: &Endpoint) -> Vec<(u16, Response)> {
    let with = |status, text: &str, kind: &str, schema| {
        (status, ResponseBuilder::new().description(text).content(kind, Content::new(schema)).build())
    };
    let object = |name: &str| Some(RefOr::<Schema>::Ref(Ref::from_schema_name(name)));
    let mut all = vec![match endpoint.answer {
        Answer::Json(name) => with(200, "Done.", JSON, object(name)),
        Answer::Made(name) => with(201, "Made.", JSON, object(name)),
        Answer::File(kind) => with(200, "The file.", kind, None),
    }];
    let mut refusals = vec![401, 403, 408, 413, 422, 429, 503];
    refusals.extend(endpoint.refusals);
    refusals.sort_unstable();
    all.extend(refusals.into_iter().map(|status| with(status, meaning(status), JSON, object("Error"))));
    all
}

const fn meaning(status: u16) -> &'static str {
    match status {
        401 => "No token, or one that does not hold.",
        403 => "The token is not for this.",
        404 => "There is none of this number.",
        408 => "The body did not arrive in time.",
        409 => "Not at the moment: another run goes on, none does, or it is too late.",
        413 => "The body is too big.",
        422 => "A parameter or the body is not as expected.",
        429 => "Too many requests without a valid token from one address.",
        _ => "The contest or its database cannot answer at the moment: nothing was done, come back.",
    }
}
