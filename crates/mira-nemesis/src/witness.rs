//! A good key on every node, all the time: it is accepted or the node does not
//! know, and never refused; and a node that has been cut off for longer than its
//! lease accepts nothing.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::clock::Stamp;
use crate::exchange::{Exchange, Reply};
use crate::installation::Installation;
use crate::record::Record;

const PAUSE: Duration = Duration::from_millis(20);
/// Longer than anything is stopped.
const PATIENCE: Duration = Duration::from_secs(20);
/// What a node may take to notice that its lease has ended.
const LEASE_MARGIN: Duration = Duration::from_millis(100);
const RECOVERY_PAUSE: Duration = Duration::from_millis(10);
const RECOVERY_PATIENCE: Duration = Duration::from_mins(1);
const PROBE_PATIENCE: Duration = Duration::from_secs(2);

/// Uses the good key on one node for ever.
pub(crate) async fn witness(installation: Arc<Installation>, node: usize, record: Arc<Record>) {
    let door = installation.door(node);
    let request = request(&installation.witness);
    loop {
        let Ok(mut exchange) = Exchange::open(door).await else {
            sleep(PAUSE).await;
            continue;
        };
        while let Ok(Ok(reply)) = timeout(PATIENCE, exchange.send(|_| request.clone())).await {
            judge(&installation, node, &reply, &record);
            sleep(PAUSE).await;
        }
        record.broken();
    }
}

fn judge(installation: &Installation, node: usize, reply: &Reply, record: &Record) {
    record.count(reply.status);
    match reply.status {
        200 if installation.is_direct() => {
            let Some(node) = installation.nodes.get(node) else {
                return;
            };
            // Still cut off after the answer was read, so all the while.
            let end = node.cut_at().after(installation.lease + LEASE_MARGIN);
            if reply.sent_at > end {
                let late = reply.sent_at.since(end);
                let index = node.index;
                record.late_acceptance(format!(
                    "node {index}, cut off, accepted {late:.1?} after its lease"
                ));
            }
        }
        200 | 502..=504 => {}
        other => record.violation(format!("node {node} answered {other} to a good key")),
    }
}

/// How long after `since` a node accepts the key, if it does.
pub(crate) async fn serves_again(node: SocketAddr, key: &str, since: Stamp) -> Option<Duration> {
    let probe = async || {
        let mut exchange = Exchange::open(node).await.ok()?;
        let reply = exchange.send(|_| request(key)).await.ok()?;
        (reply.status == 200).then(|| reply.read_at.since(since))
    };
    // Of its own: another node may have been waited for before.
    let begun = Stamp::now();
    while begun.elapsed() < RECOVERY_PATIENCE {
        if let Ok(Some(took)) = timeout(PROBE_PATIENCE, probe()).await {
            return Some(took);
        }
        sleep(RECOVERY_PAUSE).await;
    }
    None
}

fn request(key: &str) -> String {
    format!(
        "GET /authz/nginx HTTP/1.1\r\nHost: mira\r\nX-Original-Method: GET\r\n\
         X-Original-URI: /api/v1/meetings\r\nAuthorization: Bearer {key}\r\n\r\n"
    )
}
