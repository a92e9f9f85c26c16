//! Reads a file and the environment into one checked [`Config`].

use std::ffi::OsString;
use std::path::PathBuf;
use std::thread;

use toml::de::DeTable;

use super::adapter::{self, ADAPTER, AdapterDraft};
use super::apps::{self, AppDraft};
use super::complete::complete;
use super::contest::{CONTEST, GATEWAY, STORE};
use super::contract::roles::{self, RoleDraft};
use super::contract::{self, ChannelDraft};
use super::cross;
use super::env::Environment;
use super::explain::ROOT;
use super::files::Files;
use super::limits::LIMITS;
use super::lines::Lines;
use super::log::LOG;
use super::model::{Config, Contest, Gateway, Limits, Log, Server, Store};
use super::problem::{Error, Mistake, Problem};
use super::reader::Reader;
use super::server::SERVER;
use super::source::{Document, Source, Unreadable};
use super::warning::{Warning, warnings};

/// A configuration without mistakes.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// What the broker is told.
    pub config: Config,
    /// What is worth a look.
    pub warnings: Vec<Warning>,
    /// The configuration file and every file that it names; a change of any of them is a reason to
    /// read all again.
    pub files: Vec<PathBuf>,
}

/// Reads `source`, lets the variables of `environment` override it, and checks the whole.
///
/// `environment` is [`environment()`](super::environment) but in tests; variables that do not begin
/// with `SALURAN_` are ignored.
///
/// # Errors
/// All mistakes at once. A file that cannot be read is one, and so is having no app at all. When the
/// file is not TOML its keys are not looked at, and nothing is called missing.
pub fn load<N, V>(source: Source, environment: impl IntoIterator<Item = (N, V)>) -> Result<Loaded, Error>
where
    N: Into<OsString>,
    V: Into<OsString>,
{
    let file = if let Source::File(path) = &source { Some(path.clone()) } else { None };
    let document = Document::open(source);
    let mut files = Files::new(&document.name);
    file.into_iter().for_each(|path| files.note(path));
    let mut reader = Reader::new(Lines::new(&document.name, &document.text));
    let mut environment = Environment::new(environment, &mut reader);
    let mut config = Config::default();
    on_deep_stack(&mut reader, |reader| {
        let mut draft = Draft::default();
        match &document.problem {
            Some(problem) => report_unreadable(problem, reader),
            None => draft.read_file(&document.text, reader),
        }
        draft.read_variables(&mut environment, reader);
        environment.report_rest(reader);
        config = draft.finish(&mut files, reader);
    });
    let mistakes = reader.into_mistakes();
    if !mistakes.is_empty() {
        return Err(Error::new(mistakes));
    }
    let warnings = warnings(&config);
    Ok(Loaded { config, warnings, files: files.into_paths() })
}

/// Does `work` with room for the deepest document that the parser lets pass.
///
/// The parser takes 80 levels of brackets, with keys of 80 parts each. To give back such a tree takes
/// 6 MiB of stack in a debug build, more than most threads have. Compiling a deep schema takes some too.
fn on_deep_stack<'a>(reader: &mut Reader<'a>, work: impl FnOnce(&mut Reader<'a>) + Send) {
    let outcome = thread::scope(|scope| {
        let builder = thread::Builder::new().stack_size(STACK_BYTES);
        builder.spawn_scoped(scope, || work(reader)).map(thread::ScopedJoinHandle::join)
    });
    match outcome {
        Ok(Ok(())) => (),
        Ok(Err(panic)) => std::panic::resume_unwind(panic),
        Err(error) => report_unreadable(&error.into(), reader),
    }
}

const STACK_BYTES: usize = 64 * 1024 * 1024;

/// The whole while it is read.
#[derive(Default)]
struct Draft {
    server: Server,
    limits: Limits,
    log: Log,
    adapter: AdapterDraft,
    contest: Contest,
    store: Store,
    gateway: Gateway,
    apps: Vec<AppDraft>,
    roles: Vec<RoleDraft>,
    channels: Vec<ChannelDraft>,
}

impl Draft {
    fn read_file(&mut self, text: &str, reader: &mut Reader<'_>) {
        let (root, errors) = DeTable::parse_recoverable(text);
        if !errors.is_empty() {
            report_syntax(&errors, reader);
            return;
        }
        let root = root.get_ref();
        reader.table(&ROOT, &mut (), ROOT.path, root);
        if let Some(table) = reader.subtable(root, &SERVER, SERVER.path) {
            reader.table(&SERVER, &mut self.server, SERVER.path, table);
        }
        if let Some(table) = reader.subtable(root, &LIMITS, LIMITS.path) {
            reader.table(&LIMITS, &mut self.limits, LIMITS.path, table);
        }
        if let Some(table) = reader.subtable(root, &LOG, LOG.path) {
            reader.table(&LOG, &mut self.log, LOG.path, table);
        }
        if let Some(table) = reader.subtable(root, &ADAPTER, ADAPTER.path) {
            reader.table(&ADAPTER, &mut self.adapter, ADAPTER.path, table);
        }
        if let Some(table) = reader.subtable(root, &CONTEST, CONTEST.path) {
            reader.table(&CONTEST, &mut self.contest, CONTEST.path, table);
        }
        if let Some(table) = reader.subtable(root, &STORE, STORE.path) {
            reader.table(&STORE, &mut self.store, STORE.path, table);
        }
        if let Some(table) = reader.subtable(root, &GATEWAY, GATEWAY.path) {
            reader.table(&GATEWAY, &mut self.gateway, GATEWAY.path, table);
        }
        self.apps = apps::read_file(root, reader);
        self.roles = roles::read_file(root, reader);
        self.channels = contract::read_file(root, reader);
    }

    fn read_variables(&mut self, environment: &mut Environment, reader: &mut Reader<'_>) {
        reader.variables(&SERVER, &mut self.server, SERVER.path, environment);
        reader.variables(&LIMITS, &mut self.limits, LIMITS.path, environment);
        reader.variables(&LOG, &mut self.log, LOG.path, environment);
        reader.variables(&ADAPTER, &mut self.adapter, ADAPTER.path, environment);
        reader.variables(&CONTEST, &mut self.contest, CONTEST.path, environment);
        reader.variables(&STORE, &mut self.store, STORE.path, environment);
        reader.variables(&GATEWAY, &mut self.gateway, GATEWAY.path, environment);
        apps::read_variables(&mut self.apps, environment, reader);
    }

    /// Checks the whole, unless a part of it could not be read.
    fn finish(self, files: &mut Files, reader: &mut Reader<'_>) -> Config {
        let Self { server, limits, log, adapter, contest, mut store, gateway, apps, roles, channels } = self;
        store.folder = files.beside(&store.folder);
        let mut config = Config { server, limits, log, contest, store, gateway, ..Config::default() };
        if reader.is_complete() {
            config.adapter = adapter::complete(adapter, files, reader);
            let (roles, names) = roles::complete(roles, reader);
            config.roles = roles;
            config.apps = complete(apps, &names, files, reader);
            let mut around = contract::Surroundings { roles: &names, apps: &config.apps, files };
            config.channels = contract::complete(channels, &mut around, reader);
            cross::check(&config, reader);
        }
        config
    }
}

fn report_unreadable(problem: &Unreadable, reader: &mut Reader<'_>) {
    reader.give_up();
    let place = match problem.offset {
        Some(offset) => reader.lines().place(offset),
        None => reader.lines().whole(),
    };
    let reason = problem.reason.clone();
    let advice = problem.advice.to_owned();
    let problem = Problem::Unreadable { reason };
    reader.report(Mistake { place, key: String::new(), problem, advice });
}

/// The first error of each line; later ones are mostly echoes of it.
fn report_syntax(errors: &[toml::de::Error], reader: &mut Reader<'_>) {
    reader.give_up();
    let mut last = None;
    for error in errors {
        let place = match error.span() {
            Some(span) => reader.lines().place(span.start),
            None => reader.lines().whole(),
        };
        let line = place.line();
        if line.is_some() && line == last {
            continue;
        }
        last = line;
        let advice = match error.message() {
            "duplicate key" => "It is there a second time, or is a value and a table: keep one.",
            _ => "Texts stand in double quotes, tables in [brackets], one key = value on a line.",
        };
        let advice = format!("{advice} Keys are checked once this is right.");
        let problem = Problem::Syntax { reason: error.message().to_owned() };
        reader.report(Mistake { place, key: String::new(), problem, advice });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SHIPPED: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/channels.toml"));

    fn read(text: &[u8]) -> Result<Loaded, Error> {
        let source = Source::Text { name: "f".to_owned(), text: text.to_vec() };
        load(source, std::iter::empty::<(String, String)>())
    }

    /// Asks for the message too, which must not panic either.
    fn survives(text: &[u8]) {
        if let Err(error) = read(text) {
            let count = format!("{} mistake", error.mistakes().len());
            assert!(error.to_string().contains(&count), "{error}");
        }
    }

    #[test]
    fn the_deepest_document_is_given_back_on_a_small_stack() {
        let key = ["a"; 79].join(".");
        let value = (0..78).fold("1".to_owned(), |value, _| format!("{{ {key} = {value} }}"));
        survives(format!("[{key}]\n{key} = {value}\n").as_bytes());
        survives(format!("{key} = {value}\n{key} = {value}\n").as_bytes());
    }

    #[test]
    fn too_deep_a_document_is_a_mistake() {
        survives("[".repeat(100_000).as_bytes());
        survives(format!("a = {}", "{ a = ".repeat(100_000)).as_bytes());
        survives(format!("a = {}", "[".repeat(100_000)).as_bytes());
        survives(["a"; 100_000].join(".").as_bytes());
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(text in prop::collection::vec(any::<u8>(), 0..200)) {
            survives(&text);
        }

        #[test]
        fn any_change_of_the_shipped_file_is_survived(
            at in 0..SHIPPED.len(),
            removed in 0_usize..40,
            added in "[\\[\\]{}=.,\"'#\\n0-9a-zé-]{0,8}",
        ) {
            let mut text = SHIPPED.as_bytes().to_vec();
            let end = (at + removed).min(text.len());
            text.splice(at..end, added.into_bytes());
            survives(&text);
        }

        #[test]
        fn any_channel_is_survived(
            name in "(private-)?[ab{}.#*é-]{0,8}",
            twin in "(private-|presence-)?[ab{}.]{0,8}",
            rule in "(app|token|role\\.[ab]|claim\\.a (==|in) [ab\\.']{1,3}| and | or ){1,4}",
            schema in "(type|required|pattern|\\$ref|not\\.type) = ('[#a(/$]{0,4}'|\\[1, 'a'\\]|-?[0-9.]{1,9}|\\{\\})",
        ) {
            let app = "[[app]]\nid = '1'\nkey = 'k'\nsecret = 's'\n[[role]]\nname = 'a'\nincludes = ['b']\n";
            let channel = format!("[[channel]]\nname = '{name}'\ntwin = '{twin}'\npublish = [\"{rule}\"]\n");
            survives(format!("{app}{channel}{channel}[channel.events.a.schema]\n{schema}\n").as_bytes());
        }

        #[test]
        fn any_environment_is_survived(name in "SALURAN_[A-Z_é]{0,20}", text in any::<String>()) {
            let source = Source::Text { name: "f".to_owned(), text: SHIPPED.as_bytes().to_vec() };
            if let Err(error) = load(source, [(name, text)]) {
                prop_assert!(error.to_string().contains("SALURAN_"));
            }
        }
    }
}
