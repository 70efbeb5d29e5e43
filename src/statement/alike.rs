//! INSERTs that differ from the previous one only in their literals. The grammar would read each of them alike, so it is asked
//! once.

use crate::chain::scan::{self, Kind, Piece};

/// The form of an INSERT of literals, to recognize those like it.
pub(super) struct Alike {
    /// Up to the word VALUES.
    head: String,
    /// The number of literals of each row.
    rows: Vec<usize>,
}

impl Alike {
    /// Returns the form of a parsed INSERT; none if the INSERT contains more than literals.
    pub fn of(sql: &str) -> Option<Self> {
        let mut code = scan::scan(sql).filter(|piece| piece.kind.is_code());
        let start = code.next().filter(|first| is(sql, first, "insert"))?.range.start;
        let end = code.find(|piece| is(sql, piece, "values"))?.range.end;
        let mut widths = Vec::new();
        rows(&sql[end..], |width| widths.push(width))?;
        Some(Self { head: sql[start..end].to_owned(), rows: widths })
    }

    /// Returns the offset of the first word of a statement if the statement has this form.
    pub fn start_of(&self, sql: &str) -> Option<usize> {
        let start = scan::scan(sql).find(|piece| piece.kind.is_code())?.range.start;
        let values = sql[start..].strip_prefix(&*self.head)?;
        let mut wanted = self.rows.iter();
        let mut is_alike = true;
        rows(values, |width| is_alike &= wanted.next() == Some(&width))?;
        (is_alike && wanted.next().is_none()).then_some(start)
    }
}

/// The number of literals per row of a list; none if the list contains anything else or its rows differ in length.
pub(super) fn width_of_all(list: &str) -> Option<usize> {
    let (mut first, mut is_even) = (None, true);
    rows(list, |width| is_even &= *first.get_or_insert(width) == width)?;
    first.filter(|_| is_even)
}

fn is(sql: &str, piece: &Piece, word: &str) -> bool {
    piece.kind == Kind::Word && sql[piece.range.clone()].eq_ignore_ascii_case(word)
}

/// Reports the number of literals of each row of a list that ends the statement; none if the list contains anything else. A
/// literal is a string without escapes, a number of digits with or without a point and perhaps a minus, or one of three words.
fn rows(list: &str, mut row: impl FnMut(usize)) -> Option<()> {
    let mut code = scan::scan(list).filter(|piece| piece.kind.is_code()).peekable();
    let symbol = |piece: &Piece, wanted: &str| piece.kind == Kind::Symbol && &list[piece.range.clone()] == wanted;
    let are_digits = |piece: &Piece| list[piece.range.clone()].bytes().all(|byte| byte.is_ascii_digit());
    loop {
        code.next().filter(|piece| symbol(piece, "("))?;
        let mut width = 0;
        loop {
            let minus = code.next_if(|piece| symbol(piece, "-"));
            let value = code.next()?;
            let number = value.kind == Kind::Word && are_digits(&value);
            if number
                && let Some(point) = code.next_if(|piece| symbol(piece, ".") && piece.range.start == value.range.end)
            {
                code.next().filter(|rest| are_digits(rest) && rest.range.start == point.range.end)?;
            }
            let is_string = value.kind == Kind::String && list[value.range.clone()].starts_with('\'');
            let is_word = ["null", "true", "false"].iter().any(|word| is(list, &value, word));
            (number || minus.is_none() && (is_string || is_word)).then_some(())?;
            width += 1;
            let next = code.next()?;
            if symbol(&next, ")") {
                break;
            }
            symbol(&next, ",").then_some(())?;
        }
        row(width);
        match code.next() {
            Some(next) if symbol(&next, ",") => {}
            Some(next) if symbol(&next, ";") => return code.next().is_none().then_some(()),
            Some(_) => return None,
            None => return Some(()),
        }
    }
}
