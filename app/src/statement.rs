//! What a node earned: the sums, and every ledger line.

use std::fmt::Write as _;
use std::path::Path;

use render_net::identity::Identity;
use render_net::link::{Link, LinkFault};
use render_net::wire::{PayState, Request, Response, StatementLine};
use serde::Serialize;

use crate::fault::Fault;
use crate::network::{address, link_fault, node_fault, runtime};
use crate::places::{self, Part};

/// What a node earned, micro-credits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Earned {
    /// Delivered and not yet accepted.
    pub held: u64,
    /// Accepted and not yet paid out.
    pub posted: u64,
    /// Paid out.
    pub paid: u64,
}

/// One lease's pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Position in the ledger.
    pub index: u64,
    /// When the work was delivered, milliseconds since 1970.
    pub committed_ms: u64,
    /// Which job.
    pub job: String,
    /// Which lease.
    pub lease: u64,
    /// Pixels × samples.
    pub samples: u64,
    /// Micro-credits per million samples.
    pub price: u64,
    /// Micro-credits.
    pub amount: u64,
    /// One of: held, posted, void.
    pub state: &'static str,
}

/// Asks a coordinator what the node in a data folder earned.
pub fn earned(coordinator: &str, data: Option<&Path>) -> Result<Earned, Fault> {
    let answers = ask(coordinator, data, |last| last.is_none().then_some(Request::Earnings))?;
    Ok(read(answers)?.0)
}

/// Asks a coordinator for every line of that node.
pub fn lines(coordinator: &str, data: Option<&Path>) -> Result<Vec<Line>, Fault> {
    let answers = ask(coordinator, data, |last| last.map_or(Some(Request::Statement(0)), further))?;
    Ok(read(answers)?.1)
}

/// Asks a coordinator for both at once.
pub fn account(coordinator: &str, data: Option<&Path>) -> Result<(Earned, Vec<Line>), Fault> {
    let answers = ask(coordinator, data, |last| match last {
        None => Some(Request::Earnings),
        Some(Response::Earnings(_)) => Some(Request::Statement(0)),
        Some(part) => further(part),
    })?;
    read(answers)
}

/// The request for the rest of a statement. A coordinator that sends in circles has no rest.
fn further(last: &Response) -> Option<Request> {
    let Response::Statement(part) = last else { return None };
    let seen = part.lines.last()?.index;
    part.next.filter(|next| *next > seen).map(Request::Statement)
}

/// What was not asked for is nothing here, and what cannot be an answer is a fault.
fn read(answers: Vec<Response>) -> Result<(Earned, Vec<Line>), Fault> {
    let (mut earned, mut lines) = (Earned { held: 0, posted: 0, paid: 0 }, Vec::new());
    for answer in answers {
        match answer {
            Response::Earnings(sums) => {
                earned = Earned { held: sums.held, posted: sums.posted, paid: sums.paid };
            }
            Response::Statement(part) => lines.extend(part.lines.into_vec().into_iter().map(line)),
            _ => return Err(link_fault(&LinkFault::Protocol("a statement was asked for".into()))),
        }
    }
    Ok((earned, lines))
}

fn line(line: StatementLine) -> Line {
    Line {
        index: line.index,
        committed_ms: line.committed_ms,
        job: line.job.to_string(),
        lease: line.lease.0,
        samples: line.samples,
        price: line.price,
        amount: line.amount,
        state: match line.state {
            PayState::Held => "held",
            PayState::Posted => "posted",
            PayState::Void => "void",
        },
    }
}

/// The lines as CSV with a header, ending in a line break.
pub fn csv(lines: &[Line]) -> String {
    let mut text = String::from("index,committed_ms,job,lease,samples,price,amount,state\n");
    for line in lines {
        let Line { index, committed_ms, job, lease, samples, price, amount, state } = line;
        writeln!(text, "{index},{committed_ms},{job},{lease},{samples},{price},{amount},{state}")
            .expect("a string takes any text");
    }
    text
}

/// Micro-credits in a credit.
pub const MICRO_PER_CREDIT: u64 = 1_000_000;

/// Micro-credits as credits, to the last digit.
pub fn credits(micro: u64) -> String {
    format!("{}.{:06}", micro / MICRO_PER_CREDIT, micro % MICRO_PER_CREDIT)
}

/// Connects as the node in a data folder and asks; `next` makes the next request from the last answer.
fn ask(
    coordinator: &str,
    data: Option<&Path>,
    next: impl Fn(Option<&Response>) -> Option<Request>,
) -> Result<Vec<Response>, Fault> {
    let coordinator = address(coordinator)?;
    let folder = places::data_folder(Part::Node, data)?;
    // Asking must not make somebody who never worked.
    if !Identity::is_kept_in(&folder) {
        let what = "no node has run from this data folder";
        return Err(Fault::usage(what, "give the node's --data folder"));
    }
    let identity = Identity::open_or_create(&folder).map_err(|error| node_fault(&error.into()))?;
    runtime()?.block_on(async {
        let told = |fault: LinkFault| link_fault(&fault);
        let link = Link::connect(&identity, &coordinator).await.map_err(told)?;
        let mut answers: Vec<Response> = Vec::new();
        while let Some(request) = next(answers.last()) {
            answers.push(link.call(&request).await.map_err(told)?);
        }
        link.close();
        Ok(answers)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credits_keep_every_digit() {
        assert_eq!(credits(1), "0.000001");
        assert_eq!(credits(12_345_678), "12.345678");
    }

    #[test]
    fn whoever_asks_in_a_wrong_folder_is_told_and_makes_no_node_of_it() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let coordinator = format!("tessera://127.0.0.1:9#{}", Identity::generate().id());
        let fault = earned(&coordinator, Some(folder.path())).expect_err("nobody worked there");
        assert_eq!(fault.what, "no node has run from this data folder");
        assert_eq!(std::fs::read_dir(folder.path()).expect("it is there").count(), 0);
    }

    #[test]
    fn a_statement_is_a_table() {
        let line = Line {
            index: 3,
            committed_ms: 5,
            job: "ab".into(),
            lease: 7,
            samples: 64,
            price: 1000,
            amount: 1,
            state: "posted",
        };
        assert_eq!(
            csv(&[line]),
            "index,committed_ms,job,lease,samples,price,amount,state\n3,5,ab,7,64,1000,1,posted\n"
        );
    }
}
