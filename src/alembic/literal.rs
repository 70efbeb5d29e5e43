//! Literals of Python: strings, None, and tuples, lists and sets of strings.

use super::lexer::{Kind, Token};
use super::module::Value;

/// The value of an expression of literals and known names.
pub fn read(source: &str, tokens: &[Token], known: &dyn Fn(&str) -> Option<Value>) -> Option<Value> {
    let text = |token: &Token| &source[token.range.clone()];
    match tokens {
        [] => None,
        [name] if name.kind == Kind::Name => match text(name) {
            "None" => Some(Value::None),
            name => known(name),
        },
        _ if tokens.iter().all(|token| token.kind == Kind::String) => {
            tokens.iter().map(|token| string(text(token))).collect::<Option<String>>().map(Value::Text)
        }
        [open, inner @ .., close] if encloses(source, tokens) => match (text(open), text(close)) {
            ("(", ")") if !inner.is_empty() && parts(source, inner).count() == 1 => read(source, inner, known),
            ("(", ")") | ("[", "]") => many(source, inner, known),
            ("{", "}") if !inner.is_empty() => many(source, inner, known),
            _ => None,
        },
        _ if parts(source, tokens).count() > 1 => many(source, tokens, known),
        _ => None,
    }
}

/// True where the first token opens a bracket that the last one closes.
fn encloses(source: &str, tokens: &[Token]) -> bool {
    let mut depth = 0_i32;
    for (at, token) in tokens.iter().enumerate() {
        match &source[token.range.clone()] {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at > 0 && at + 1 == tokens.len();
        }
    }
    false
}

/// The parts between commas outside of brackets.
fn parts<'t>(source: &'t str, tokens: &'t [Token]) -> impl Iterator<Item = &'t [Token]> {
    let mut depth = 0_i32;
    tokens.split(move |token| {
        let text = &source[token.range.clone()];
        match text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        depth == 0 && text == ","
    })
}

fn many(source: &str, tokens: &[Token], known: &dyn Fn(&str) -> Option<Value>) -> Option<Value> {
    let mut parts: Vec<&[Token]> = parts(source, tokens).collect();
    // A comma may stand at the end.
    if parts.last().is_some_and(|last| last.is_empty()) {
        parts.pop();
    }
    let item = |part: &[Token]| match read(source, part, known)? {
        Value::Text(text) => Some(text),
        Value::None | Value::Many(_) => None,
    };
    parts.into_iter().map(item).collect::<Option<Vec<_>>>().map(Value::Many)
}

/// The text of one string literal. Bytes and templates have none, nor has a formatted string that holds more than text.
fn string(literal: &str) -> Option<String> {
    let quote = literal.find(['"', '\''])?;
    let (prefix, body) = literal.split_at(quote);
    let prefix = prefix.to_ascii_lowercase();
    let marks = if body.starts_with("\"\"\"") || body.starts_with("'''") { 3 } else { 1 };
    let inner = body.get(marks..body.len().checked_sub(marks)?)?;
    if body.len() < 2 * marks || !body.ends_with(&body[..marks]) || prefix.contains(['b', 't']) {
        return None;
    }
    if prefix.contains('f') && inner.contains(['{', '}']) {
        return None;
    }
    // Python reads every end of a line as `\n`.
    let inner = inner.replace("\r\n", "\n").replace('\r', "\n");
    if prefix.contains('r') { Some(inner) } else { unescaped(&inner) }
}

/// The Python Language Reference, 2.4.1.1; octal digits and `\N{…}` are not read.
fn unescaped(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match rest.next()? {
            '\n' => {}
            c @ ('\\' | '\'' | '"') => out.push(c),
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            'x' => out.push(coded(&mut rest, 2)?),
            'u' => out.push(coded(&mut rest, 4)?),
            'U' => out.push(coded(&mut rest, 8)?),
            '0'..='7' | 'N' | 'a' | 'b' | 'f' | 'v' => return None,
            c => out.extend(['\\', c]),
        }
    }
    Some(out)
}

fn coded(rest: &mut std::str::Chars<'_>, digits: usize) -> Option<char> {
    let hex: String = rest.take(digits).collect();
    u32::from_str_radix(&hex, 16).ok().filter(|_| hex.len() == digits).and_then(char::from_u32)
}
