use ndarray::ArrayView2;

/// The connected regions of a mask: for every marked pixel, in row-major order, its place
/// and the number of its region, from 0.
pub(crate) struct Regions {
    pub(crate) pixels: Vec<(usize, u32)>,
    pub(crate) sizes: Vec<u64>,
}

impl Regions {
    /// Pixels that touch, diagonally too, belong together: the 8-neighbourhood that MVTec
    /// uses. One pass over the pixels with union-find, one over the marked ones.
    pub(crate) fn new(mask: ArrayView2<'_, bool>) -> Self {
        let (_, width) = mask.dim();
        let mut sets = Sets::default();
        let mut pixels = Vec::new();
        // The sets of the row above and of this one, with a free pixel on both sides.
        let mut above = vec![None; width + 2];
        let mut row = vec![None; width + 2];
        for (y, values) in mask.outer_iter().enumerate() {
            for (x, &marked) in values.iter().enumerate() {
                let neighbours = [row[x], above[x], above[x + 1], above[x + 2]];
                row[x + 1] = marked.then(|| sets.joined(neighbours));
                pixels.extend(row[x + 1].map(|set| (y * width + x, set)));
            }
            std::mem::swap(&mut above, &mut row);
            row[0] = None;
        }
        let numbers = sets.numbers();
        let mut sizes = vec![0; numbers.iter().max().map_or(0, |&last| last as usize + 1)];
        for (_, set) in &mut pixels {
            *set = numbers[*set as usize];
            sizes[*set as usize] += 1;
        }
        Self { pixels, sizes }
    }
}

/// Disjoint sets: the parent of each, which is never a later one.
#[derive(Default)]
struct Sets {
    parents: Vec<u32>,
}

impl Sets {
    /// The one set of all neighbours, or a new one.
    fn joined(&mut self, neighbours: [Option<u32>; 4]) -> u32 {
        let mut joined = None;
        for set in neighbours.into_iter().flatten() {
            let root = self.root(set);
            joined = Some(joined.map_or(root, |other| self.unite(other, root)));
        }
        joined.unwrap_or_else(|| {
            self.parents.push(self.parents.len() as u32);
            self.parents.len() as u32 - 1
        })
    }

    fn root(&mut self, mut set: u32) -> u32 {
        while self.parents[set as usize] != set {
            let parent = self.parents[set as usize];
            self.parents[set as usize] = self.parents[parent as usize];
            set = parent;
        }
        set
    }

    fn unite(&mut self, a: u32, b: u32) -> u32 {
        let (first, last) = (a.min(b), a.max(b));
        self.parents[last as usize] = first;
        first
    }

    /// The number of the region of every set, counted up from 0.
    fn numbers(&self) -> Vec<u32> {
        let mut numbers = vec![0; self.parents.len()];
        let mut next = 0;
        for (set, &parent) in self.parents.iter().enumerate() {
            if parent as usize == set {
                numbers[set] = next;
                next += 1;
            } else {
                numbers[set] = numbers[parent as usize];
            }
        }
        numbers
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    fn sizes(rows: &[&str]) -> Vec<u64> {
        let width = rows[0].len();
        let mask =
            Array2::from_shape_fn((rows.len(), width), |(y, x)| rows[y].as_bytes()[x] == b'#');
        Regions::new(mask.view()).sizes
    }

    #[test]
    fn diagonals_touch_and_branches_join() {
        assert_eq!(sizes(&["#.#", ".#.", "..."]), [3]);
        assert_eq!(sizes(&["#.#", "#.#", "###"]), [7]);
        assert_eq!(sizes(&["#.#.#", "#.#.#", "..#.."]), [2, 3, 2]);
        assert_eq!(sizes(&["#...#", ".#.#.", "..#.."]), [5]);
        assert_eq!(sizes(&["....", "...."]), [0_u64; 0]);
        // The last pixel of a row is no neighbour of the first of the next.
        assert_eq!(sizes(&["..#", "...", "#..", "..#"]), [1, 1, 1]);
        assert_eq!(sizes(&["..#", "#.."]), [1, 1]);
    }
}
