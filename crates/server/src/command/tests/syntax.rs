//! The grammar of syntax texts: what is read is what is written, for every command and for every short text there is.

use crate::command::syntax::{Argument, Kind, parse};
use crate::command::table::CommandTable;

/// The text of a tree, in the one form that syntax texts have.
fn print(arguments: &[Argument<'_>]) -> String {
    arguments.iter().map(|argument| print_one(argument, Place::Sequence)).collect::<Vec<_>>().join(" ")
}

/// Where an argument stands: that decides whether a group needs its parentheses.
#[derive(PartialEq, Eq)]
enum Place {
    Sequence,
    Choice,
    Brackets,
}

fn print_one(argument: &Argument<'_>, place: Place) -> String {
    if argument.optional {
        let inner = Argument { optional: false, ..argument.clone() };
        return format!("[{}]", print_one(&inner, Place::Brackets));
    }
    let is_bare = argument.token.is_none() && !argument.multiple;
    let inner = match argument.kind {
        Kind::PureToken => return argument.token.unwrap_or_default().to_owned(),
        Kind::OneOf => {
            let choices: Vec<String> = argument.children.iter().map(|child| print_one(child, Place::Choice)).collect();
            let inner = choices.join(" | ");
            if is_bare && place == Place::Brackets { inner } else { format!("({inner})") }
        }
        Kind::Block => {
            let inner = print(&argument.children);
            if is_bare && place != Place::Sequence { inner } else { format!("({inner})") }
        }
        _ => argument.name.clone(),
    };
    let token = argument.token.map(|token| format!("{token} ")).unwrap_or_default();
    format!("{token}{inner}{}", if argument.multiple { "..." } else { "" })
}

#[test]
fn every_command_has_a_syntax_that_reads_as_it_is_written() {
    for command in CommandTable::new().all() {
        let tree = parse(command.spec.syntax).unwrap_or_else(|error| panic!("{}: {error}", command.full_name()));
        assert_eq!(print(&tree), command.spec.syntax, "{}", command.full_name());
    }
}

/// Every text of up to six lexemes is refused or has a tree; the tree's text has the same tree.
#[test]
fn every_short_text_is_refused_or_reads_as_it_is_written() {
    const LEXEMES: [&str; 8] = ["[", "]", "(", ")", "|", "...", "key", "EX"];
    let mut accepted = 0;
    for length in 0..=6 {
        for mut number in 0..LEXEMES.len().pow(length) {
            let mut text = String::new();
            for _ in 0..length {
                text.push_str(LEXEMES[number % LEXEMES.len()]);
                text.push(' ');
                number /= LEXEMES.len();
            }
            let Ok(tree) = parse(&text) else { continue };
            accepted += 1;
            let printed = print(&tree);
            assert_eq!(parse(&printed).as_ref(), Ok(&tree), "{text:?} reads as {printed:?}");
        }
    }
    assert!(accepted > 300, "{accepted} texts were accepted");
}

#[test]
fn trees_have_the_shape_of_command_docs() {
    let tree = parse("key [NX | XX] [LIMIT (offset count)] (field value)...").unwrap();
    let [key, condition, limit, fields] = &tree[..] else { panic!("{tree:?}") };
    assert_eq!((key.kind, key.token, key.optional, key.multiple), (Kind::Key, None, false, false));
    assert_eq!((condition.kind, condition.optional, condition.name.as_str()), (Kind::OneOf, true, "nx_xx"));
    assert!(condition.children.iter().all(|choice| choice.kind == Kind::PureToken && !choice.optional));
    assert_eq!((limit.kind, limit.token, limit.optional), (Kind::Block, Some("LIMIT"), true));
    assert_eq!(limit.children[1].kind, Kind::Integer);
    assert_eq!((fields.kind, fields.multiple, fields.children.len()), (Kind::Block, true, 2));
}

#[test]
fn what_is_no_syntax_says_where() {
    for (text, message) in [
        ("key [NX", "syntax text: a closing bracket expected before ``"),
        ("key (NX", "syntax text: a closing parenthesis expected before ``"),
        ("key | value", "syntax text: the end expected before ` | value`"),
        ("key [[value]]", "syntax text: more than brackets in brackets expected before ``"),
        ("(key) value", "syntax text: more than one argument in a group expected before ` value`"),
        ("key Value", "syntax text: an argument expected before ` Value`"),
        ("... key", "syntax text: an argument expected before `... key`"),
    ] {
        let error = parse(text).map_err(|error| error.to_string());
        assert_eq!(error, Err(message.to_owned()), "{text}");
    }
}

#[test]
fn arguments_are_of_the_kinds_that_redis_says() {
    let table = CommandTable::new();
    for (name, argument, kind) in [
        ("hincrby", "increment", Kind::Integer),
        ("hincrbyfloat", "increment", Kind::Double),
        ("incrbyfloat", "increment", Kind::Double),
        ("setbit", "value", Kind::Integer),
        ("zcount", "min", Kind::Double),
        ("zlexcount", "min", Kind::String),
        ("zrange", "stop", Kind::String),
        ("zrangebylex", "max", Kind::String),
        ("zrangebyscore", "max", Kind::Double),
        ("zrangestore", "min", Kind::String),
        ("zremrangebylex", "min", Kind::String),
        ("zremrangebyrank", "start", Kind::Integer),
        ("zremrangebyscore", "min", Kind::Double),
        ("zrevrange", "start", Kind::Integer),
        ("zrevrangebyscore", "max", Kind::Double),
    ] {
        let command = table.all().iter().find(|command| command.full_name() == name).unwrap();
        let arguments = command.spec.arguments().unwrap();
        let found = arguments.iter().find(|found| found.name == argument).map(|found| found.kind);
        assert_eq!(found, Some(kind), "{name} {argument}");
    }
}
