//! Literals of Python: strings, None, and tuples, lists and sets of strings.

use super::lexer::{Kind, Token, tokens};
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
            tokens.iter().map(|token| string(text(token), known)).collect::<Option<String>>().map(Value::Text)
        }
        [open, inner @ .., close] if encloses(source, tokens) => match (text(open), text(close)) {
            ("(", ")") if !inner.is_empty() && parts(source, inner).count() == 1 => read(source, inner, known),
            ("(", ")") | ("[", "]") => many(source, inner, known),
            ("{", "}") if !inner.is_empty() => many(source, inner, known),
            _ => None,
        },
        _ if parts(source, tokens).count() > 1 => many(source, tokens, known),
        _ => sum(source, tokens, known),
    }
}

/// The values of `a, b`, each of them if it is known; none for a single value.
pub fn each(source: &str, tokens: &[Token], known: &dyn Fn(&str) -> Option<Value>) -> Option<Vec<Option<Value>>> {
    let inner = match tokens {
        [_, inner @ .., _] if encloses(source, tokens) => inner,
        _ => tokens,
    };
    let parts: Vec<&[Token]> = parts(source, inner).collect();
    (parts.len() > 1).then(|| parts.into_iter().map(|part| read(source, part, known)).collect())
}

/// `a + b`, for texts or lists.
fn sum(source: &str, tokens: &[Token], known: &dyn Fn(&str) -> Option<Value>) -> Option<Value> {
    let parts: Vec<&[Token]> = split(source, tokens, "+").collect();
    let (first, rest) = parts.split_first().filter(|(_, rest)| !rest.is_empty())?;
    rest.iter().try_fold(read(source, first, known)?, |sum, part| match (sum, read(source, part, known)?) {
        (Value::Text(sum), Value::Text(text)) => Some(Value::Text(sum + &text)),
        (Value::Many(mut sum), Value::Many(more)) => {
            sum.extend(more);
            Some(Value::Many(sum))
        }
        _ => None,
    })
}

/// True if the first token opens a bracket that the last one closes.
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
pub fn parts<'t>(source: &'t str, tokens: &'t [Token]) -> impl Iterator<Item = &'t [Token]> {
    split(source, tokens, ",")
}

fn split<'t>(source: &'t str, tokens: &'t [Token], by: &'static str) -> impl Iterator<Item = &'t [Token]> {
    let mut depth = 0_i32;
    tokens.split(move |token| {
        let text = &source[token.range.clone()];
        match text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => {}
        }
        depth == 0 && text == by
    })
}

fn many(source: &str, tokens: &[Token], known: &dyn Fn(&str) -> Option<Value>) -> Option<Value> {
    let mut parts: Vec<&[Token]> = parts(source, tokens).collect();
    // A trailing comma is allowed.
    if parts.last().is_some_and(|last| last.is_empty()) {
        parts.pop();
    }
    let mut items = Vec::new();
    for part in parts {
        let is_spread = part.first().is_some_and(|token| &source[token.range.clone()] == "*");
        match (is_spread, read(source, &part[usize::from(is_spread)..], known)?) {
            (true, Value::Many(more)) => items.extend(more),
            (false, Value::Text(text)) => items.push(text),
            // Alembic ignores None among the parents.
            (false, Value::None) => {}
            (true, Value::Text(_) | Value::None) | (false, Value::Many(_)) => return None,
        }
    }
    Some(Value::Many(items))
}

/// The text of one string literal; none for bytes, for templates, and for a formatted string with other than known texts.
fn string(literal: &str, known: &dyn Fn(&str) -> Option<Value>) -> Option<String> {
    let quote = literal.find(['"', '\''])?;
    let (prefix, body) = literal.split_at(quote);
    let prefix = prefix.to_ascii_lowercase();
    let marks = if body.starts_with("\"\"\"") || body.starts_with("'''") { 3 } else { 1 };
    let inner = body.get(marks..body.len().checked_sub(marks)?)?;
    if body.len() < 2 * marks || !body.ends_with(&body[..marks]) || prefix.contains(['b', 't']) {
        return None;
    }
    // Python reads every line end as `\n`.
    let inner = inner.replace("\r\n", "\n").replace('\r', "\n");
    let plain = |text: &str| if prefix.contains('r') { Some(text.to_owned()) } else { unescaped(text) };
    if prefix.contains('f') { formatted(&inner, &plain, known) } else { plain(&inner) }
}

/// A formatted string, in which only texts, known names and whole numbers may be in braces.
fn formatted(
    text: &str,
    plain: &dyn Fn(&str) -> Option<String>,
    known: &dyn Fn(&str) -> Option<Value>,
) -> Option<String> {
    let (mut out, mut literal, mut rest) = (String::new(), String::new(), text);
    while let Some(at) = rest.find(['{', '}']) {
        literal += &rest[..at];
        let brace = &rest[at..=at];
        rest = &rest[at + 1..];
        if let Some(behind) = rest.strip_prefix(brace) {
            literal += brace;
            rest = behind;
            continue;
        }
        let (code, behind) = rest.split_once('}').filter(|_| brace == "{")?;
        out += &plain(&std::mem::take(&mut literal))?;
        out += &inserted(code.trim(), known)?;
        rest = behind;
    }
    Some(out + &plain(&(literal + rest))?)
}

fn inserted(code: &str, known: &dyn Fn(&str) -> Option<Value>) -> Option<String> {
    if !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_digit()) {
        return (code == "0" || !code.starts_with('0')).then(|| code.to_owned());
    }
    let tokens: Vec<Token> = tokens(code).into_iter().filter(|token| token.kind != Kind::End).collect();
    match read(code, &tokens, known)? {
        Value::Text(text) => Some(text),
        Value::None | Value::Many(_) => None,
    }
}

/// Resolves escapes (The Python Language Reference, 2.4.1.1); `\N{…}` is not supported.
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
            'a' => out.push('\u{7}'),
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            'v' => out.push('\u{b}'),
            digit @ '0'..='7' => out.push(octal(digit, &mut rest)?),
            'N' => return None,
            c => out.extend(['\\', c]),
        }
    }
    Some(out)
}

/// Up to three octal digits; the first is already read.
fn octal(first: char, rest: &mut std::str::Chars<'_>) -> Option<char> {
    let mut value = first.to_digit(8)?;
    for _ in 0..2 {
        let Some(digit) = rest.clone().next().and_then(|next| next.to_digit(8)) else { break };
        value = value * 8 + digit;
        rest.next();
    }
    char::from_u32(value)
}

fn coded(rest: &mut std::str::Chars<'_>, digits: usize) -> Option<char> {
    let hex: String = rest.take(digits).collect();
    u32::from_str_radix(&hex, 16).ok().filter(|_| hex.len() == digits).and_then(char::from_u32)
}
