//! Somebody tries to smuggle a command into make.

use asu_test_e2e::stage::{NEW_RELEASE, request};
use serde_json::json;

#[tokio::test]
async fn shell_metacharacters_never_reach_make() -> anyhow::Result<()> {
    let stage = crate::stage().await?;
    let server = stage.server()?;
    for name in [
        "htop;touch /tmp/x",
        "$(id)",
        "`id`",
        "a b",
        "a\nb",
        "a\"b",
        "$$(shell id)",
        "#",
        "-",
    ] {
        let mut body = serde_json::to_value(request(NEW_RELEASE, &[])?)?;
        body["packages"] = json!(["luci", name]);
        let answer = server.post(&body).await?;
        assert_eq!(answer.status(), 422, "{name:?}");
        let text = answer.text().await?;
        assert!(
            text.contains("packages"),
            "the answer does not say which field is wrong: {text}"
        );
    }
    let log = std::fs::read_to_string(stage.log("server"))?;
    assert_eq!(
        log.matches("build started").count(),
        0,
        "something was built:\n{log}"
    );
    stage.stop().await
}
