//! A command as a client sends it.

use bytes::Bytes;

/// A command: its name and its arguments, all binary-safe, at least the name.
///
/// ```
/// use pyredis_protocol::Request;
/// let request = Request::new(vec!["GET".into(), "key".into()]).expect("it has a name");
/// assert_eq!(request.args(), ["GET", "key"]);
/// assert!(Request::new(Vec::new()).is_none());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    args: Vec<Bytes>,
}

impl Request {
    /// A request of these arguments, the first of which is the command's name; `None` if there are none.
    pub fn new(args: Vec<Bytes>) -> Option<Self> {
        (!args.is_empty()).then_some(Self { args })
    }

    /// The name and the arguments; never empty.
    pub fn args(&self) -> &[Bytes] {
        &self.args
    }

    /// The name and the arguments, owned; never empty.
    pub fn into_args(self) -> Vec<Bytes> {
        self.args
    }
}
