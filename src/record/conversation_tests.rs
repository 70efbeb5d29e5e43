use super::*;

/// A connection that the server has accepted.
struct Wire(Conversation);

fn message(tag: u8, body: &[u8]) -> Frame {
    let length = u32::try_from(body.len() + 4).unwrap();
    Frame::Whole(BytesMut::from([&[tag][..], &length.to_be_bytes(), body].concat().as_slice()))
}

fn column(name: &str, oid: u32, format: i16) -> Vec<u8> {
    let mut bytes = format!("{name}\0").into_bytes();
    bytes.extend([0; 6]);
    bytes.extend(oid.to_be_bytes());
    bytes.extend([0; 6]);
    bytes.extend(format.to_be_bytes());
    bytes
}

fn row(values: &[Option<&[u8]>]) -> Vec<u8> {
    let mut bytes = u16::try_from(values.len()).unwrap().to_be_bytes().to_vec();
    for value in values {
        match value {
            None => bytes.extend((-1_i32).to_be_bytes()),
            Some(value) => {
                bytes.extend(u32::try_from(value.len()).unwrap().to_be_bytes());
                bytes.extend(*value);
            }
        }
    }
    bytes
}

impl Wire {
    fn new() -> Self {
        let mut conversation = Conversation::new(0, Shared::default());
        // Messages before that are not statements.
        conversation.program(message(b'p', b"secret\0"));
        conversation.server(message(b'R', &[0; 4]));
        conversation.server(message(b'Z', b"I"));
        Self(conversation)
    }

    fn asks(&mut self, tag: u8, body: &[u8]) -> &mut Self {
        self.0.program(message(tag, body));
        self
    }

    fn answers(&mut self, tag: u8, body: &[u8]) -> &mut Self {
        self.0.server(message(tag, body));
        self
    }

    fn query(&mut self, sql: &str) -> &mut Self {
        self.asks(b'Q', format!("{sql}\0").as_bytes())
    }

    fn done(&mut self, tag: &str) -> &mut Self {
        self.answers(b'C', format!("{tag}\0").as_bytes())
    }

    fn ready(&mut self, status: u8) -> &mut Self {
        self.answers(b'Z', &[status])
    }

    fn described(&mut self, columns: &[Vec<u8>]) -> &mut Self {
        let count = u16::try_from(columns.len()).unwrap().to_be_bytes();
        self.answers(b'T', &[&count[..], &columns.concat()].concat())
    }

    fn refused(&mut self, sqlstate: &str) -> &mut Self {
        self.answers(b'E', format!("SERROR\0C{sqlstate}\0Mno\0\0").as_bytes())
    }

    fn trace(&self) -> Trace {
        std::mem::take(&mut *locked(&self.0.trace))
    }

    /// Each statement, with the tags of its answers and the state of its error.
    fn told(&self) -> Vec<(String, Vec<String>, Option<String>)> {
        let trace = self.trace();
        assert_eq!(trace.broken, None);
        let tags = |sent: &Sent| sent.answers.iter().map(|answer| answer.tag.clone()).collect();
        trace.sent.iter().map(|one| (one.sql.to_string(), tags(one), one.error.clone().map(|it| it.sqlstate))).collect()
    }
}

fn one(sql: &str, tags: &[&str], error: Option<&str>) -> (String, Vec<String>, Option<String>) {
    (sql.to_owned(), tags.iter().map(|tag| (*tag).to_owned()).collect(), error.map(str::to_owned))
}

const PARSE_AND_RUN: [(u8, &[u8]); 4] = [
    (b'P', b"\0SELECT $1\0\0\x01\0\0\0\x17"),
    (b'B', b"\0\0\0\x01\0\x01\0\x01\0\0\0\x04\0\0\0\x05\0\x01\0\x01"),
    (b'E', b"\0\0\0\0\0"),
    (b'S', b""),
];

#[test]
fn a_simple_query_has_an_answer_for_each_statement_up_to_the_one_that_fails() {
    let mut wire = Wire::new();
    wire.query("UPDATE a; SELECT 1; DELETE b").done("UPDATE 2");
    wire.described(&[column("c", 25, 0)])
        .answers(b'D', &row(&[Some(b"x")]))
        .done("SELECT 1")
        .refused("42P01")
        .ready(b'E');
    wire.query("ROLLBACK").done("ROLLBACK").ready(b'I');
    let trace = wire.trace();
    let rows: Vec<Option<u64>> =
        trace.sent[0].answers.iter().map(|answer| answer.rows.as_ref().map(Rows::count)).collect();
    assert_eq!(rows, [None, Some(1)]);
    assert_eq!(trace.sent[0].error.as_ref().unwrap().sqlstate, "42P01");
    assert!(!trace.sent[0].in_transaction && trace.sent[1].in_transaction);
}

#[test]
fn a_prepared_statement_has_its_parameters_and_its_rows_in_binary() {
    let mut wire = Wire::new();
    PARSE_AND_RUN.iter().for_each(|(tag, body)| _ = wire.asks(*tag, body));
    wire.answers(b'1', b"").answers(b'2', b"").answers(b'D', &row(&[Some(&[0, 0, 0, 5])])).done("SELECT 1").ready(b'I');
    let trace = wire.trace();
    let sent = &trace.sent[0];
    let parameter = Parameter { declared: 23, described: 0, is_binary: true, value: Some(vec![0, 0, 0, 5]) };
    assert_eq!((&*sent.sql, sent.parameters.as_slice()), ("SELECT $1", &[parameter][..]));
    let rows = sent.answers[0].rows.as_ref().unwrap();
    // The type of the column was never described.
    assert_eq!(
        (rows.count(), rows.sha256(), rows.binary.as_ref().unwrap().columns.as_slice()),
        (1, None, &[(0, true)][..])
    );
}

#[test]
fn what_the_server_says_of_types_is_known_at_the_next_use() {
    let mut wire = Wire::new();
    wire.asks(b'P', b"s\0SELECT $1, a FROM t\0\0\0").asks(b'D', b"Ss\0").asks(b'S', b"");
    wire.answers(b'1', b"").answers(b't', b"\0\x01\0\0\0\x19").described(&[column("a", 1184, 0)]).ready(b'I');
    wire.asks(b'B', b"\0s\0\0\0\0\x01\0\0\0\x01x\0\x01\0\x01").asks(b'E', b"\0\0\0\0\0").asks(b'S', b"");
    wire.answers(b'2', b"").done("SELECT 0").ready(b'I');
    let trace = wire.trace();
    assert_eq!(trace.sent[0].parameters[0].described, 25);
    // It has columns, but no row arrived.
    assert_eq!(trace.sent[0].answers[0].rows.as_ref().map(Rows::count), Some(0));
}

#[test]
fn in_a_pipeline_an_error_passes_over_all_up_to_sync() {
    let mut wire = Wire::new();
    let statement = |wire: &mut Wire, sql: &str| {
        wire.asks(b'P', format!("\0{sql}\0\0\0").as_bytes()).asks(b'B', &[0; 8]).asks(b'E', b"\0\0\0\0\0");
    };
    ["INSERT 1", "INSERT 2", "INSERT 3"].iter().for_each(|sql| statement(&mut wire, sql));
    wire.asks(b'S', b"");
    statement(&mut wire, "INSERT 4");
    wire.asks(b'S', b"");
    wire.answers(b'1', b"").answers(b'2', b"").done("INSERT 0 1");
    wire.answers(b'1', b"").answers(b'2', b"").refused("23505").ready(b'I');
    wire.answers(b'1', b"").answers(b'2', b"").done("INSERT 0 1").ready(b'I');
    let wanted = [
        one("INSERT 1", &["INSERT 0 1"], None),
        one("INSERT 2", &[], Some("23505")),
        one("INSERT 3", &[], None),
        one("INSERT 4", &["INSERT 0 1"], None),
    ];
    assert_eq!(wire.told(), wanted);
}

#[test]
fn a_statement_that_cannot_be_prepared_is_an_error_with_its_text() {
    let mut wire = Wire::new();
    wire.asks(b'P', b"s\0SELEC\0\0\0").asks(b'D', b"Ss\0").asks(b'S', b"");
    wire.refused("42601").ready(b'I');
    assert_eq!(wire.told(), [one("SELEC", &[], Some("42601"))]);
}

#[test]
fn the_rest_of_a_portal_belongs_to_its_rows() {
    let mut wire = Wire::new();
    wire.asks(b'P', b"\0SELECT a\0\0\0").asks(b'B', b"p\0\0\0\0\0\0\0\0").asks(b'E', b"p\0\0\0\0\x01").asks(b'H', b"");
    wire.answers(b'1', b"").answers(b'2', b"").answers(b'D', &row(&[Some(b"1")])).answers(b's', b"");
    assert!(locked(&wire.0.trace).sent[0].answers[0].is_partial);
    wire.asks(b'E', b"p\0\0\0\0\x01").asks(b'S', b"").answers(b'D', &row(&[None])).done("SELECT 1").ready(b'I');
    let trace = wire.trace();
    let [answer] = trace.sent[0].answers.as_slice() else { panic!("one answer") };
    let mut wanted = crate::chain::compiled::RowDigest::default();
    wanted.take([Some("1")]);
    wanted.take([None]);
    assert_eq!((answer.is_partial, answer.rows.as_ref().unwrap().sha256()), (false, Some(wanted.sha256())));
}

#[test]
fn copied_rows_are_kept_and_those_of_copy_to_are_not() {
    let mut wire = Wire::new();
    wire.query("COPY t FROM STDIN").answers(b'G', b"\0\0\0").asks(b'd', b"1\n2").asks(b'd', b"\n").asks(b'c', b"");
    wire.done("COPY 2").ready(b'I');
    wire.query("COPY t TO STDOUT")
        .answers(b'H', b"\0\0\0")
        .answers(b'd', b"1\n")
        .answers(b'c', b"")
        .done("COPY 2")
        .ready(b'I');
    let trace = wire.trace();
    assert_eq!(trace.broken, None);
    assert_eq!((trace.sent[0].copied.as_slice(), trace.sent[1].copied.as_slice()), (&b"1\n2\n"[..], &b""[..]));
}

#[test]
fn what_cannot_be_followed_breaks_the_recording_and_is_said() {
    for (tag, body) in [(b'F', &b""[..]), (b'Q', b"\xff\0"), (b'P', b"no end"), (b'!', b"")] {
        let mut wire = Wire::new();
        wire.asks(tag, body);
        assert!(wire.trace().broken.is_some(), "{}", char::from(tag));
    }
    let mut wire = Wire::new();
    wire.query("SELECT a").described(&[column("a", 25, 0)]).answers(b'D', &row(&[Some(b"\xff")]));
    assert!(wire.trace().broken.is_some());
    for frame in [Frame::Broken, Frame::TooLong(b'Q')] {
        let mut wire = Wire::new();
        wire.0.program(frame);
        assert!(wire.trace().broken.is_some());
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { cases: 300, failure_persistence: None, ..Default::default() })]

    /// Any sequence of messages can be observed to its end, and no statement gets an answer that was not sent.
    #[test]
    fn any_messages_are_followed(messages in proptest::collection::vec((proptest::bool::ANY, 0_usize..16, proptest::collection::vec(0_u8..6, 0..12)), 0..40)) {
        let mut wire = Wire::new();
        let mut completed = 0;
        for (is_programs, tag, body) in messages {
            if is_programs {
                wire.asks(b"QPBDECSHXdcfFp!?"[tag], &body);
            } else {
                let tag = b"123CDEGHIntsTZNA"[tag];
                completed += usize::from(matches!(tag, b'C' | b'I' | b's'));
                wire.answers(tag, &body);
            }
        }
        let answers: usize = wire.trace().sent.iter().map(|sent| sent.answers.len()).sum();
        proptest::prop_assert!(answers <= completed);
    }
}
