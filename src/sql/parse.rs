//! PostgreSQL's own grammar, from libpg_query: the only file that names the crate.
//!
//! A deep tree needs more stack than a thread usually has, so parsing and all work on a tree happen in a separate thread.

use std::cell::Cell;
use std::ffi::{CStr, CString, c_char, c_int};
use std::io;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::thread;

use prost::Message as _;

pub(crate) use pg_query::NodeEnum as Node;
pub(crate) use pg_query::protobuf as tree;

/// A syntax error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    /// The parser's message, which may quote the script.
    pub message: String,
    /// Characters of the text from 1; none if the parser does not say.
    pub position: Option<usize>,
}

impl SyntaxError {
    /// True if the text ends too early, so more text could make it valid.
    pub(crate) fn is_at_the_end(&self) -> bool {
        self.message.ends_with("at end of input")
    }

    /// The same error for a text with `before` in front of it.
    pub(crate) fn moved(self, before: &str) -> Self {
        Self { position: self.position.map(|position| position + before.chars().count()), ..self }
    }
}

/// The parser's own limit (2 MB of its stack) bounds a tree's depth; the deepest allowed tree takes between 64 and 96 MB of ours
/// in a debug build. This is address space only: a page costs memory once it is touched.
const STACK: usize = 256 << 20;

thread_local! {
    static HAS_ROOM: Cell<bool> = const { Cell::new(false) };
}

/// Parses `text` and passes the tree to `work`, in a thread with a large stack, where the tree is dropped too.
///
/// # Errors
/// The grammar's first error.
pub(crate) fn with_tree<R: Send>(
    text: &str,
    work: impl FnOnce(&str, &tree::ParseResult) -> R + Send,
) -> Result<R, SyntaxError> {
    with_room(|| parse(text).map(|tree| work(text, &tree)))
}

/// Runs `work` in a thread with stack for any tree; everything that it parses is parsed there. A caller that reads many scripts
/// wraps them all: a thread for each would cost as much as the parsing.
pub fn with_room<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    if HAS_ROOM.get() {
        return work();
    }
    let mut work = Some(work);
    let done = thread::scope(|scope| Some(roomy(scope, || work.take().map(|work| work())).ok()?.join()));
    match (done, work) {
        (Some(Ok(Some(result))), _) => result,
        (Some(Err(panic)), _) => resume_unwind(panic),
        // Without a thread (a limit on processes) the caller's stack is used; it suffices for all but absurd scripts.
        (_, Some(work)) => work(),
        (_, None) => unreachable!("work that was begun has a result or a panic"),
    }
}

/// Runs `work` on each item in threads with a large stack, and returns the results in order.
pub fn with_room_each<T: Sync, R: Send>(all: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(all.len() / WORTH_A_THREAD).clamp(1, 4);
    let each = |part: &[T]| part.iter().map(&work).collect::<Vec<R>>();
    let mut parts = all.chunks(all.len().div_ceil(threads).max(1));
    let first = parts.next().unwrap_or_default();
    thread::scope(|scope| {
        let rest: Vec<_> = parts.map(|part| (part, roomy(scope, || each(part)))).collect();
        let mut done = with_room(|| each(first));
        for (part, thread) in rest {
            done.extend(match thread.map(thread::ScopedJoinHandle::join) {
                Ok(Ok(results)) => results,
                Ok(Err(panic)) => resume_unwind(panic),
                Err(_) => with_room(|| each(part)),
            });
        }
        done
    })
}

/// The number of scripts that take about as long as starting ten threads.
const WORTH_A_THREAD: usize = 64;

fn roomy<'scope, R: Send + 'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    work: impl FnOnce() -> R + Send + 'scope,
) -> io::Result<thread::ScopedJoinHandle<'scope, R>> {
    let thread = thread::Builder::new().name("sql-parser".to_owned()).stack_size(STACK);
    thread.spawn_scoped(scope, || {
        HAS_ROOM.set(true);
        work()
    })
}

#[repr(C)]
struct CError {
    message: *const c_char,
    function: *const c_char,
    file: *const c_char,
    line: c_int,
    cursor: c_int,
    context: *const c_char,
}

#[repr(C)]
struct CResult {
    tree_length: usize,
    tree: *const u8,
    stderr: *const c_char,
    error: *const CError,
}

// As in pg_query.h of libpg_query 18; the crate's own function drops the position of an error.
unsafe extern "C" {
    fn pg_query_parse_protobuf_opts(input: *const c_char, options: c_int) -> CResult;
    fn pg_query_free_protobuf_parse_result(result: CResult);
}

fn parse(text: &str) -> Result<tree::ParseResult, SyntaxError> {
    let plain = |message: &str| SyntaxError { message: message.to_owned(), position: None };
    let input = CString::new(text).map_err(|_| plain("the text holds a NUL"))?;
    // SAFETY: `input` is a C string that outlives the call; 0 is the standard grammar. The library keeps its state per thread.
    // The result is read before it is freed, freed once, and not used after that.
    unsafe {
        let result = pg_query_parse_protobuf_opts(input.as_ptr(), 0);
        let parsed = match result.error.as_ref() {
            Some(error) => Err(SyntaxError {
                message: CStr::from_ptr(error.message).to_string_lossy().into_owned(),
                position: usize::try_from(error.cursor).ok().filter(|&at| at > 0),
            }),
            None if result.tree.is_null() => Ok(tree::ParseResult::default()),
            None => tree::ParseResult::decode(std::slice::from_raw_parts(result.tree, result.tree_length))
                .map_err(|error| plain(&format!("the parser's answer cannot be read: {error}"))),
        };
        pg_query_free_protobuf_parse_result(result);
        parsed
    }
}

/// The statement as SQL; none if the library cannot deparse the tree.
pub(crate) fn deparse(node: Node) -> Option<String> {
    let statement = tree::Node { node: Some(node) };
    let raw = tree::RawStmt { stmt: Some(Box::new(statement)), stmt_location: 0, stmt_len: 0 };
    let whole = tree::ParseResult { version: VERSION, stmts: vec![raw] };
    pg_query::deparse(&whole, pg_query::DeparseOptions::default()).ok()
}

/// The version of the grammar that is written into a tree.
const VERSION: i32 = 180_000;

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::catch_unwind;

    #[test]
    fn an_error_has_its_place_in_characters() {
        let error = with_tree("SELECT 'é', FROM FROM", |_, _| ()).unwrap_err();
        assert_eq!(error.message, "syntax error at or near \"FROM\"");
        assert_eq!(error.position, Some(13));
    }

    #[test]
    fn a_panic_in_the_work_reaches_the_caller() {
        let panicked = catch_unwind(|| with_tree("SELECT 1", |_, _| panic!("on purpose")).map(|(): ()| ()));
        assert!(panicked.is_err());
        assert_eq!(with_tree("SELECT 1; SELECT 2", |_, tree| tree.stmts.len()), Ok(2));
    }

    #[test]
    fn what_is_parsed_in_a_room_stays_in_its_thread() {
        let thread = || thread::current().id();
        let (around, within) = with_room(|| (thread(), with_tree("SELECT 1", |_, _| thread())));
        assert_eq!(Ok(around), within);
    }

    #[test]
    fn many_are_worked_on_in_threads_and_answered_in_order() {
        for count in [0, 1, WORTH_A_THREAD, 10 * WORTH_A_THREAD + 1] {
            let numbers: Vec<usize> = (0..count).collect();
            let texts =
                with_room_each(&numbers, |number| with_tree(&format!("SELECT {number}"), |text, _| text.to_owned()));
            let expected: Vec<_> = numbers.iter().map(|number| Ok(format!("SELECT {number}"))).collect();
            assert_eq!(texts, expected);
        }
    }

    #[test]
    fn a_panic_in_one_of_many_reaches_the_caller() {
        let numbers: Vec<usize> = (0..10 * WORTH_A_THREAD).collect();
        let last = numbers.len() - 1;
        assert!(catch_unwind(|| with_room_each(&numbers, |&number| assert_ne!(number, last))).is_err());
    }
}
