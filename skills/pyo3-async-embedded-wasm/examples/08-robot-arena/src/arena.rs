//! The arena: robots on a square of fields, who move and fire. It knows nothing of scripts.

use std::fmt;

use pyo3::prelude::*;

const HEALTH: u8 = 3;

#[pyclass(frozen, eq, from_py_object, module = "arena")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    North,
    East,
    South,
    West,
}

#[pyclass(frozen, from_py_object, module = "arena")]
#[derive(Clone, Copy, Debug)]
pub enum Action {
    Move { direction: Direction },
    Fire { direction: Direction },
}

/// A robot as all can see it.
#[pyclass(frozen, get_all, module = "arena")]
#[derive(Clone)]
pub struct Robot {
    pub name: String,
    pub x: u32,
    pub y: u32,
    pub health: u8,
}

/// What an action led to, with the names of robots.
#[derive(Debug, PartialEq, Eq)]
pub enum Event {
    Moves(String, u32, u32),
    IsBlocked(String),
    Hits(String, String),
    Destroys(String, String),
    Misses(String),
}

impl fmt::Display for Event {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Moves(name, x, y) => write!(out, "{name} moves to {x}, {y}"),
            Self::IsBlocked(name) => write!(out, "{name} is blocked"),
            Self::Hits(name, target) => write!(out, "{name} hits {target}"),
            Self::Destroys(name, target) => write!(out, "{name} destroys {target}"),
            Self::Misses(name) => write!(out, "{name} misses"),
        }
    }
}

pub struct Arena {
    pub size: u32,
    robots: Vec<Robot>,
}

impl Arena {
    /// Puts robots on the diagonal, two fields apart.
    #[must_use]
    pub fn new(names: Vec<String>) -> Self {
        let place = |(name, at): (String, u32)| Robot {
            name,
            x: at,
            y: at,
            health: HEALTH,
        };
        let robots: Vec<_> = names.into_iter().zip((0..).step_by(2)).map(place).collect();
        let size = robots.last().map_or(1, |robot| robot.x + 1);
        Self { size, robots }
    }

    /// A robot, unless it is destroyed.
    #[must_use]
    pub fn robot(&self, name: &str) -> Option<&Robot> {
        self.alive().find(|robot| robot.name == name)
    }

    pub fn alive(&self) -> impl Iterator<Item = &Robot> {
        self.robots.iter().filter(|robot| robot.health > 0)
    }

    /// Lets a robot act, unless it is destroyed.
    pub fn act(&mut self, name: &str, action: Action) -> Option<Event> {
        let robot = self.robot(name)?.clone();
        Some(match action {
            Action::Move { direction } => self.shift(robot, direction),
            Action::Fire { direction } => self.fire(robot, direction),
        })
    }

    fn shift(&mut self, robot: Robot, direction: Direction) -> Event {
        let Some((x, y)) = self.step((robot.x, robot.y), direction) else {
            return Event::IsBlocked(robot.name);
        };
        if self.alive().any(|other| (other.x, other.y) == (x, y)) {
            return Event::IsBlocked(robot.name);
        }
        for own in self.robots.iter_mut().filter(|own| own.name == robot.name) {
            (own.x, own.y) = (x, y);
        }
        Event::Moves(robot.name, x, y)
    }

    fn fire(&mut self, robot: Robot, direction: Direction) -> Event {
        let mut field = (robot.x, robot.y);
        while let Some(next) = self.step(field, direction) {
            let mut robots = self.robots.iter_mut();
            if let Some(target) = robots.find(|it| it.health > 0 && (it.x, it.y) == next) {
                target.health -= 1;
                let target_name = target.name.clone();
                return match target.health {
                    0 => Event::Destroys(robot.name, target_name),
                    _ => Event::Hits(robot.name, target_name),
                };
            }
            field = next;
        }
        Event::Misses(robot.name)
    }

    /// The next field in a direction, unless there is the wall. North is up, where `y` is small.
    fn step(&self, (x, y): (u32, u32), direction: Direction) -> Option<(u32, u32)> {
        let (x, y) = match direction {
            Direction::North => (x, y.checked_sub(1)?),
            Direction::East => (x + 1, y),
            Direction::South => (x, y + 1),
            Direction::West => (x.checked_sub(1)?, y),
        };
        (x < self.size && y < self.size).then_some((x, y))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arena() -> Arena {
        Arena::new(vec!["ada".into(), "bob".into()])
    }

    #[test]
    fn a_robot_moves_until_the_wall() {
        let mut arena = arena();
        let direction = Direction::South;
        let mut act = || arena.act("ada", Action::Move { direction });
        assert_eq!(act(), Some(Event::Moves("ada".into(), 0, 1)));
        assert_eq!(act(), Some(Event::Moves("ada".into(), 0, 2)));
        assert_eq!(act(), Some(Event::IsBlocked("ada".into())));
    }

    #[test]
    fn three_hits_destroy() {
        let mut arena = arena();
        for direction in [Direction::South, Direction::South] {
            arena.act("ada", Action::Move { direction });
        }
        let direction = Direction::East;
        let mut act = || arena.act("ada", Action::Fire { direction });
        assert_eq!(act(), Some(Event::Hits("ada".into(), "bob".into())));
        act();
        assert_eq!(act(), Some(Event::Destroys("ada".into(), "bob".into())));
        assert_eq!(act(), Some(Event::Misses("ada".into())));
        assert!(arena.robot("bob").is_none());
    }
}
