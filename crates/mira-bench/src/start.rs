//! From nothing to the first correct answer.

use std::time::Duration;

use crate::installation::{Installation, answers};
use crate::keys::key;
use crate::process::{LOADER_CORE, SERVER_CORE, Server, free_address};
use crate::stopwatch::{Stopwatch, median};

const STARTS: usize = 5;

pub(crate) fn run() {
    println!("start to the first correct answer, medians of {STARTS}, on two processors");
    println!("| keys | seconds | CPU seconds | goal |");
    println!("|---|---|---|---|");
    for (count, goal) in [(10_000, ""), (1_000_000, "≤ 0.5")] {
        let installation = Installation::with_keys(count);
        let text = String::from_utf8_lossy(&key(count - 1)).into_owned();
        let (mut seconds, mut processor) = (Vec::new(), Vec::new());
        for _ in 0..STARTS {
            let (command, address) = installation.command(free_address());
            let cores = format!("{SERVER_CORE},{LOADER_CORE}");
            let watch = Stopwatch::start();
            let log = installation.log("start");
            let mut server = Server::spawn(&cores, &command, address, &log);
            server.wait_for(&log, || answers(address, &text));
            seconds.push(watch.elapsed().as_secs_f64());
            processor.push(server.cpu_nanos() / 1e9);
            server.stop();
            std::thread::sleep(Duration::from_millis(100));
        }
        let (seconds, processor) = (median(&mut seconds), median(&mut processor));
        println!("| {count} | {seconds:.2} | {processor:.2} | {goal} |");
    }
}
