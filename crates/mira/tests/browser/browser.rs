//! A Chromium of its own, driven over the `WebDriver` protocol.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use mira_testkit::DemoUser;
use serde_json::json;
use thirtyfour::prelude::*;
use thirtyfour::{ChromeCapabilities, WebElement};

/// A browser and the driver process that steers it; both end with it.
pub(crate) struct Browser {
    driver: WebDriver,
    process: Child,
    url: String,
}

impl Browser {
    /// Opens a browser on the server at `url`, with or without scripts.
    pub(crate) async fn open(url: &str, with_scripts: bool) -> Self {
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is installed by `cargo xtask test`");
        let port = port_of(&mut process);
        let mut capabilities = ChromeCapabilities::new();
        for argument in [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1280,900",
        ] {
            capabilities.add_arg(argument).unwrap();
        }
        if !with_scripts {
            let blocked = json!({"profile.managed_default_content_settings.javascript": 2});
            capabilities
                .add_experimental_option("prefs", blocked)
                .unwrap();
        }
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities)
            .await
            .unwrap();
        driver
            .set_implicit_wait_timeout(Duration::from_secs(5))
            .await
            .unwrap();
        Self {
            driver,
            process,
            url: url.to_owned(),
        }
    }

    pub(crate) async fn go(&self, path: &str) {
        self.driver
            .goto(format!("{}{path}", self.url))
            .await
            .unwrap();
    }

    pub(crate) async fn sign_in(&self, user: &DemoUser) {
        self.go("/").await;
        self.fill("Email", &user.email).await;
        self.fill("Password", &user.password).await;
        self.click("Sign in").await;
        self.see(&user.email).await;
    }

    /// Types into the field with this label.
    pub(crate) async fn fill(&self, label: &str, text: &str) {
        let field = self.field(label).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Picks the choice whose label begins with `text`.
    pub(crate) async fn pick(&self, text: &str) {
        self.see(text).await;
        let label = format!("//label[starts-with(normalize-space(), '{text}')]");
        self.driver
            .find(By::XPath(label))
            .await
            .unwrap()
            .click()
            .await
            .unwrap();
    }

    /// The value of the field with this label.
    pub(crate) async fn value(&self, label: &str) -> String {
        self.field(label)
            .await
            .prop("value")
            .await
            .unwrap()
            .unwrap()
    }

    /// Clicks the link or button with exactly this text.
    pub(crate) async fn click(&self, text: &str) {
        self.control("", text).await.click().await.unwrap();
    }

    /// Clicks the link or button with this text in the table row that names `row`.
    pub(crate) async fn click_in_row(&self, row: &str, text: &str) {
        let row = format!("//tr[contains(normalize-space(), '{row}')]");
        self.control(&row, text).await.click().await.unwrap();
    }

    /// Whether a person could click a link or button with this text now.
    pub(crate) async fn offers(&self, text: &str) -> bool {
        self.shown_control("", text).await.is_some()
    }

    /// Waits until the page shows `text`.
    pub(crate) async fn see(&self, text: &str) {
        for _ in 0..100 {
            if self.text().await.contains(text) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{text:?} is not on the page: {}", self.text().await);
    }

    /// What a person reads on the page.
    pub(crate) async fn text(&self) -> String {
        match self.driver.find(By::Tag("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        }
    }

    /// The page's markup, and the values in its fields with it.
    pub(crate) async fn source(&self) -> String {
        self.driver.source().await.unwrap()
    }

    pub(crate) async fn reload(&self) {
        self.driver.refresh().await.unwrap();
        // A browser asks before it sends a form again; the person agrees.
        self.driver.accept_alert().await.ok();
    }

    pub(crate) async fn back(&self) {
        self.driver.back().await.unwrap();
    }

    pub(crate) async fn close(mut self) {
        self.driver.clone().quit().await.unwrap();
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    async fn field(&self, label: &str) -> WebElement {
        self.see(label).await;
        let labelled = format!("//label[starts-with(normalize-space(), '{label}')]");
        let label = self.driver.find(By::XPath(labelled)).await.unwrap();
        let id = label.attr("for").await.unwrap().unwrap();
        self.driver.find(By::Id(id)).await.unwrap()
    }

    /// The last such link or button that is shown, waiting for the page if need be.
    async fn control(&self, within: &str, text: &str) -> WebElement {
        for _ in 0..100 {
            if let Some(control) = self.shown_control(within, text).await {
                return control;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("nothing to click says {text:?}: {}", self.text().await);
    }

    async fn shown_control(&self, within: &str, text: &str) -> Option<WebElement> {
        let text = format!("[normalize-space()='{text}']");
        let path = format!("{within}//a{text} | {within}//button{text} | {within}//summary{text}");
        let found = self
            .driver
            .find_all(By::XPath(path))
            .await
            .unwrap_or_default();
        for control in found.into_iter().rev() {
            if control.is_displayed().await.unwrap_or(false) {
                return Some(control);
            }
        }
        None
    }
}

/// The port that the driver says it chose.
fn port_of(process: &mut Child) -> u16 {
    let output = process.stdout.take().unwrap();
    let mut lines = BufReader::new(output).lines();
    let line = lines
        .by_ref()
        .map_while(Result::ok)
        .find(|line| line.contains("started successfully on port"))
        .expect("chromedriver says its port");
    // Whoever stops reading would stop the driver.
    std::thread::spawn(move || lines.for_each(drop));
    line.trim_end_matches('.')
        .rsplit(' ')
        .next()
        .unwrap()
        .parse()
        .unwrap()
}
