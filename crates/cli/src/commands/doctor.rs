//! `facteur doctor`

use facteur_pipeline::doctor::{Grade, Point, examine};
use serde_json::json;

use super::{Context, Outcome, status};
use crate::output::{Talk, wrapped};

pub async fn run(context: &Context) -> Outcome {
    let talk = context.talk;
    let home = context.home()?;
    let points = examine(&home, &context.packs(Some(&home))).await;
    points.iter().for_each(|point| show(talk, point));
    let wrong = points.iter().filter(|point| point.grade == Grade::Wrong).count();
    if !talk.json() {
        let key = if wrong == 0 { "doctor.all_good" } else { "doctor.some_wrong" };
        talk.data(&talk.say(key, &[("count", &wrong.to_string())]));
    }
    Ok(status(wrong == 0))
}

fn show(talk: Talk, point: &Point) {
    let mut args: Vec<(&str, String)> = point.args.clone();
    for (name, value) in &mut args {
        if *name == "role" {
            *value = talk.say(&format!("role.{value}"), &[]);
        }
    }
    let borrowed: Vec<(&str, &str)> = args.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let sentence = talk.say(&format!("doctor_say.{}", point.sentence), &borrowed);
    if talk.json() {
        let line = json!({"schema": "facteur-doctor/1", "subject": point.subject, "grade": point.grade,
            "sentence": point.sentence, "message": sentence});
        return talk.data(&line.to_string());
    }
    let (mark, key) = match point.grade {
        Grade::Ok => ("✓", "doctor.ok"),
        Grade::Warning => ("!", "doctor.warning"),
        Grade::Wrong => ("✗", "doctor.wrong"),
    };
    let subject = talk.say(&format!("doctor.{}", point.subject), &[]);
    let head = format!("{mark} {subject:<16} {:<11} ", talk.say(key, &[]));
    talk.data(&wrapped(&head, &" ".repeat(31), &sentence));
}
