//! The kernel, and steps made of it; nothing here knows Python.

use rayon::ThreadPool;
use rayon::prelude::*;

/// Sums that are kept side by side: without them the order of a sum is fixed, and the compiler may not use vectors.
const LANES: usize = 8;

/// Pairs between two looks: some milliseconds of one core.
const PIECE: usize = 1 << 21;

/// Bodies that a thread gets at a time at least.
const SHARE: usize = 16;

type Vector = [f64; 3];

/// A point of time: where all bodies are, and how they move.
#[derive(Clone, Debug, Default)]
pub struct State {
    pub positions: Vec<Vector>,
    pub velocities: Vec<Vector>,
}

/// What stays as it is.
#[derive(Clone, Copy, Debug)]
pub struct Law {
    /// The constant of gravitation.
    pub gravity: f64,
    /// A length below which bodies attract each other less, so that they don't fly apart when they meet.
    pub softening: f64,
}

/// Bodies by coordinates, filled up with bodies without mass to whole rows of lanes.
#[derive(Debug)]
struct Columns {
    x: Vec<[f64; LANES]>,
    y: Vec<[f64; LANES]>,
    z: Vec<[f64; LANES]>,
    mass: Vec<[f64; LANES]>,
}

impl Columns {
    fn new(masses: &[f64]) -> Self {
        let empty = vec![[0.0; LANES]; masses.len().div_ceil(LANES)];
        let mut columns = Self {
            x: empty.clone(),
            y: empty.clone(),
            z: empty.clone(),
            mass: empty,
        };
        for (place, &mass) in masses.iter().enumerate() {
            columns.mass[place / LANES][place % LANES] = mass;
        }
        columns
    }

    fn move_to(&mut self, positions: &[Vector]) {
        for (place, &[x, y, z]) in positions.iter().enumerate() {
            let (row, lane) = (place / LANES, place % LANES);
            (self.x[row][lane], self.y[row][lane], self.z[row][lane]) = (x, y, z);
        }
    }

    // region: kernel
    /// Returns the pull of all bodies on a point. The order of the sums depends on nothing but the number of bodies.
    fn pull(&self, [px, py, pz]: Vector, softening: f64) -> Vector {
        let (mut ax, mut ay, mut az) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
        let rows = self.x.iter().zip(&self.y).zip(&self.z).zip(&self.mass);
        for (((x, y), z), mass) in rows {
            for lane in 0..LANES {
                let (dx, dy, dz) = (x[lane] - px, y[lane] - py, z[lane] - pz);
                let square = dx * dx + dy * dy + dz * dz + softening * softening;
                let scale = mass[lane] / (square * square.sqrt());
                // A choice of values, not of ways: it becomes a mask. Where a body is, it doesn't pull.
                let scale = if square > 0.0 { scale } else { 0.0 };
                ax[lane] += scale * dx;
                ay[lane] += scale * dy;
                az[lane] += scale * dz;
            }
        }
        [ax.iter().sum(), ay.iter().sum(), az.iter().sum()]
    }
    // endregion: kernel
}

/// Bodies of given masses, and the law that they obey.
#[derive(Debug)]
pub struct Bodies {
    columns: Columns,
    law: Law,
    pool: Option<ThreadPool>,
}

impl Bodies {
    /// Without a pool the thread that calls does all the work.
    #[must_use]
    pub fn new(masses: &[f64], law: Law, pool: Option<ThreadPool>) -> Self {
        Self {
            columns: Columns::new(masses),
            law,
            pool,
        }
    }

    // region: accelerate
    /// Computes the accelerations of all bodies.
    ///
    /// # Errors
    ///
    /// What `look` returns, which is called every few milliseconds by the thread that called.
    pub fn accelerate<E>(
        &mut self,
        positions: &[Vector],
        accelerations: &mut [Vector],
        look: &mut impl FnMut() -> Result<(), E>,
    ) -> Result<(), E> {
        self.columns.move_to(positions);
        let (columns, law) = (&self.columns, self.law);
        let compute = |(target, &point): (&mut Vector, &Vector)| {
            *target = columns
                .pull(point, law.softening)
                .map(|pull| pull * law.gravity);
        };
        let piece = (PIECE / positions.len().max(1)).max(SHARE);
        for (targets, points) in accelerations.chunks_mut(piece).zip(positions.chunks(piece)) {
            // The pool has one piece at a time. With `install` around the whole, `look` would run in one of its threads.
            match &self.pool {
                Some(pool) => pool.install(|| {
                    targets
                        .par_iter_mut()
                        .zip(points)
                        .with_min_len(SHARE)
                        .for_each(compute);
                }),
                None => targets.iter_mut().zip(points).for_each(compute),
            }
            look()?;
        }
        Ok(())
    }
    // endregion: accelerate

    /// Moves the bodies by steps of kick, drift and kick, which keep the energy over many orbits.
    ///
    /// # Errors
    ///
    /// What `look` returns.
    pub fn advance<E>(
        &mut self,
        state: &mut State,
        seconds: f64,
        steps: u64,
        mut look: impl FnMut() -> Result<(), E>,
    ) -> Result<(), E> {
        let mut accelerations = vec![[0.0; 3]; state.positions.len()];
        if steps > 0 {
            self.accelerate(&state.positions, &mut accelerations, &mut look)?;
        }
        for _ in 0..steps {
            add(&mut state.velocities, &accelerations, seconds / 2.0);
            add(&mut state.positions, &state.velocities, seconds);
            self.accelerate(&state.positions, &mut accelerations, &mut look)?;
            add(&mut state.velocities, &accelerations, seconds / 2.0);
            // Of no bodies there is no piece after which to look.
            look()?;
        }
        Ok(())
    }
}

fn add(values: &mut [Vector], changes: &[Vector], factor: f64) {
    for (value, change) in values.iter_mut().zip(changes) {
        for axis in 0..3 {
            value[axis] += change[axis] * factor;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    const LAW: Law = Law {
        gravity: 1.0,
        softening: 0.0,
    };

    fn accelerate(masses: &[f64], positions: &[Vector]) -> Vec<Vector> {
        let mut accelerations = vec![[0.0; 3]; positions.len()];
        let mut look = || Ok::<_, Infallible>(());
        let Ok(()) =
            Bodies::new(masses, LAW, None).accelerate(positions, &mut accelerations, &mut look);
        accelerations
    }

    #[test]
    fn bodies_attract_each_other_and_not_themselves() {
        let positions = [[0.0, 0.0, 0.0], [2.0, 0.0, 0.0], [2.0, 0.0, 0.0]];
        let accelerations = accelerate(&[4.0, 1.0, 0.0], &positions);
        assert_eq!(
            accelerations,
            [[0.25, 0.0, 0.0], [-1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]]
        );
        assert!(accelerate(&[], &[]).is_empty());
    }

    #[test]
    fn a_circle_closes() {
        let start = State {
            positions: vec![[0.0; 3], [1.0, 0.0, 0.0]],
            velocities: vec![[0.0; 3], [0.0, 1.0, 0.0]],
        };
        let mut state = start.clone();
        let steps = 5000_u32;
        let seconds = std::f64::consts::TAU / f64::from(steps);
        let mut looks = 0;
        let look = || {
            looks += 1;
            Ok::<_, Infallible>(())
        };
        let Ok(()) =
            Bodies::new(&[1.0, 0.0], LAW, None).advance(&mut state, seconds, steps.into(), look);
        for (end, begin) in state.positions.iter().zip(&start.positions) {
            assert!(
                end.iter()
                    .zip(begin)
                    .all(|(end, begin)| (end - begin).abs() < 1e-5)
            );
        }
        assert_eq!(looks, 2 * steps + 1);
    }

    #[test]
    fn a_look_ends_the_steps() {
        let mut state = State {
            positions: vec![[0.0; 3]],
            velocities: vec![[0.0; 3]],
        };
        let end = Bodies::new(&[1.0], LAW, None).advance(&mut state, 1.0, u64::MAX, || Err("end"));
        assert_eq!(end, Err("end"));
    }
}
