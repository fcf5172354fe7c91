//! Code shown in `references/collections.md`.

/// Returns the mean of the values, or `None` if there are none.
fn mean_of(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// Counts the letters in a text.
fn letters(text: &str) -> u64 {
    text.chars()
        .map(|letter| u64::from(letter.is_alphabetic()))
        .sum()
}

#[pyo3::pymodule]
pub mod collections {
    use std::collections::{BTreeMap, HashMap, HashSet};
    use std::sync::atomic::{AtomicUsize, Ordering};

    use pyo3::exceptions::PyValueError;
    use pyo3::prelude::*;
    use pyo3::pybacked::PyBackedStr;
    use pyo3::types::{PyDict, PyIterator, PyList, PyMapping, PySequence, PyString};

    /// Return the mean of sensor values; `None` if there are none.
    #[pyfunction]
    #[pyo3(signature = (values))]
    fn mean(py: Python<'_>, values: Vec<f64>) -> Option<f64> {
        py.detach(|| super::mean_of(&values))
    }

    /// Count the readings that are `None`, without converting the others.
    #[pyfunction]
    #[pyo3(signature = (readings))]
    fn count_missing(readings: &Bound<'_, PyList>) -> usize {
        readings.iter().filter(|reading| reading.is_none()).count()
    }

    // region: iterable
    /// Return how many values of any iterable it takes to reach a total; reads no further.
    #[pyfunction]
    #[pyo3(signature = (values, total))]
    fn count_until(values: &Bound<'_, PyAny>, total: f64) -> PyResult<Option<usize>> {
        let mut sum = 0.0;
        for (index, value) in values.try_iter()?.enumerate() {
            sum += value?.extract::<f64>()?;
            if sum >= total {
                return Ok(Some(index + 1));
            }
        }
        Ok(None)
    }
    // endregion: iterable

    /// Return every n-th item of any sequence, asking it for those items only.
    #[pyfunction]
    #[pyo3(signature = (items, step))]
    fn thin_out<'py>(
        items: &Bound<'py, PySequence>,
        step: usize,
    ) -> PyResult<Vec<Bound<'py, PyAny>>> {
        if step == 0 {
            return Err(PyValueError::new_err("step must be at least 1"));
        }
        (0..items.len()?)
            .step_by(step)
            .map(|index| items.get_item(index))
            .collect()
    }

    /// Add up the stock of several shops.
    #[pyfunction]
    #[pyo3(signature = (shops))]
    fn total_stock(shops: Vec<HashMap<String, u32>>) -> BTreeMap<String, u64> {
        let mut total = BTreeMap::new();
        for (article, count) in shops.into_iter().flatten() {
            *total.entry(article).or_insert(0) += u64::from(count);
        }
        total
    }

    /// Return the price of an article in any mapping; `None` if it is not there.
    #[pyfunction]
    #[pyo3(signature = (prices, article))]
    fn price_of(prices: &Bound<'_, PyMapping>, article: &str) -> PyResult<Option<f64>> {
        if !prices.contains(article)? {
            return Ok(None);
        }
        prices.get_item(article)?.extract().map(Some)
    }

    /// Return the price of an article in a `dict`, looked up once.
    #[pyfunction]
    #[pyo3(signature = (prices, article))]
    fn listed_price(prices: &Bound<'_, PyDict>, article: &str) -> PyResult<Option<f64>> {
        prices
            .get_item(article)?
            .map(|price| price.extract())
            .transpose()
    }

    /// Return the tags that both articles have.
    #[pyfunction]
    #[pyo3(signature = (left, right))]
    fn common_tags(left: HashSet<String>, right: HashSet<String>) -> HashSet<String> {
        left.intersection(&right).cloned().collect()
    }

    /// Return the smallest rectangle around points, as its lower left and upper right corner.
    #[pyfunction]
    #[pyo3(signature = (points))]
    fn bounds(points: Vec<(f64, f64)>) -> Option<((f64, f64), (f64, f64))> {
        let first = *points.first()?;
        Some(points.iter().fold((first, first), |(low, high), point| {
            (
                (low.0.min(point.0), low.1.min(point.1)),
                (high.0.max(point.0), high.1.max(point.1)),
            )
        }))
    }

    /// Return the brightness of a color, from 0 to 255.
    #[pyfunction]
    #[pyo3(signature = (color))]
    fn brightness(color: [u8; 3]) -> u8 {
        let [red, green, blue] = color.map(u32::from);
        ((red * 299 + green * 587 + blue * 114) / 1000) as u8
    }

    // region: rows
    /// A row as `csv.DictReader` or a JSON parser gives it.
    #[derive(FromPyObject, IntoPyObject)]
    #[pyo3(from_item_all)]
    struct Sale {
        article: String,
        count: u32,
        #[pyo3(item("unit price"))]
        unit_price: f64,
        #[pyo3(default)]
        discount: Option<f64>,
    }

    /// Return the rows that bring in at least an amount, the highest first.
    #[pyfunction]
    #[pyo3(signature = (sales, at_least))]
    fn best_sales(sales: Vec<Sale>, at_least: f64) -> Vec<Sale> {
        let revenue = |sale: &Sale| {
            f64::from(sale.count) * sale.unit_price * (1.0 - sale.discount.unwrap_or(0.0))
        };
        let mut best: Vec<Sale> = sales
            .into_iter()
            .filter(|sale| revenue(sale) >= at_least)
            .collect();
        best.sort_by(|left, right| revenue(right).total_cmp(&revenue(left)));
        best
    }
    // endregion: rows

    /// Add up the counts of rows from any iterable; an error says which row it is about.
    #[pyfunction]
    #[pyo3(signature = (rows))]
    fn total_count(py: Python<'_>, rows: &Bound<'_, PyAny>) -> PyResult<u64> {
        let mut total = 0;
        for (number, row) in rows.try_iter()?.enumerate() {
            let sale: Sale = row?.extract().map_err(|cause: PyErr| {
                let error = PyValueError::new_err(format!("row {number} is not a sale"));
                error.set_cause(py, Some(cause));
                error
            })?;
            total += u64::from(sale.count);
        }
        Ok(total)
    }

    /// Describe a series in a `dict` of values of several types.
    #[pyfunction]
    #[pyo3(signature = (name, values))]
    fn describe<'py>(
        py: Python<'py>,
        name: &str,
        values: Vec<f64>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let description = PyDict::new(py);
        description.set_item("name", name)?;
        description.set_item("count", values.len())?;
        description.set_item("mean", super::mean_of(&values))?;
        description.set_item(
            "squares",
            PyList::new(py, values.iter().map(|value| value * value))?,
        )?;
        Ok(description)
    }

    /// Round the prices of a list, in the list.
    #[pyfunction]
    #[pyo3(signature = (prices))]
    fn round_prices(prices: &Bound<'_, PyList>) -> PyResult<()> {
        for index in 0..prices.len() {
            let price: f64 = prices.get_item(index)?.extract()?;
            prices.set_item(index, (price * 100.0).round() / 100.0)?;
        }
        Ok(())
    }

    // region: remove
    /// Remove articles that are out of stock from a `dict`, and return how many there were.
    #[pyfunction]
    #[pyo3(signature = (stock))]
    fn remove_sold_out(stock: &Bound<'_, PyDict>) -> PyResult<usize> {
        let mut sold_out = Vec::new();
        for (article, count) in stock {
            if count.extract::<u32>()? == 0 {
                sold_out.push(article);
            }
        }
        for article in &sold_out {
            stock.del_item(article)?;
        }
        Ok(sold_out.len())
    }
    // endregion: remove

    /// Call back with every entry; panics if the callback makes the `dict` grow.
    #[pyfunction]
    #[pyo3(signature = (stock, visit))]
    fn visit_live(stock: &Bound<'_, PyDict>, visit: &Bound<'_, PyAny>) -> PyResult<()> {
        stock
            .iter()
            .try_for_each(|(article, count)| visit.call1((article, count)).map(drop))
    }

    /// Call back with every item; returns how many there were.
    #[pyfunction]
    #[pyo3(signature = (items, visit))]
    fn visit_list(items: &Bound<'_, PyList>, visit: &Bound<'_, PyAny>) -> PyResult<usize> {
        let mut count = 0;
        for item in items {
            visit.call1((item,))?;
            count += 1;
        }
        Ok(count)
    }

    // region: batches
    /// Count the letters in strings of any iterable; other threads run while a batch is counted.
    #[pyfunction]
    #[pyo3(signature = (texts))]
    fn count_letters(py: Python<'_>, texts: &Bound<'_, PyAny>) -> PyResult<u64> {
        let mut texts = texts.try_iter()?.map(|text| text?.extract());
        let mut count = 0;
        loop {
            let batch: Vec<PyBackedStr> = texts.by_ref().take(1000).collect::<PyResult<_>>()?;
            if batch.is_empty() {
                return Ok(count);
            }
            count += py.detach(|| batch.iter().map(|text| super::letters(text)).sum::<u64>());
        }
    }
    // endregion: batches

    /// Call back with every entry that there was at the start.
    #[pyfunction]
    #[pyo3(signature = (stock, visit))]
    fn visit_snapshot(stock: &Bound<'_, PyDict>, visit: &Bound<'_, PyAny>) -> PyResult<()> {
        for item in stock.items() {
            let (article, count): (Bound<'_, PyString>, u32) = item.extract()?;
            visit.call1((article, count))?;
        }
        Ok(())
    }

    /// The averages of a window that moves over values; computed one at a time.
    #[pyclass(frozen)]
    struct MovingAverage {
        values: Vec<f64>,
        width: usize,
        // Atomic, so that two threads which share the iterator each get another window.
        start: AtomicUsize,
    }

    #[pymethods]
    impl MovingAverage {
        #[new]
        #[pyo3(signature = (values, width))]
        fn new(values: Vec<f64>, width: usize) -> PyResult<Self> {
            if width == 0 {
                return Err(PyValueError::new_err("width must be at least 1"));
            }
            Ok(Self {
                values,
                width,
                start: AtomicUsize::new(0),
            })
        }

        // region: generator
        fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
            slf
        }
        // endregion: generator

        // region: next
        fn __next__(&self) -> Option<f64> {
            let start = self.start.fetch_add(1, Ordering::Relaxed);
            super::mean_of(self.values.get(start..)?.get(..self.width)?)
        }
        // endregion: next

        fn __length_hint__(&self) -> usize {
            let rest = (self.values.len() + 1).saturating_sub(self.start.load(Ordering::Relaxed));
            rest.saturating_sub(self.width)
        }
    }

    /// Batches of an iterable, read from it only when they are asked for.
    #[pyclass(frozen)]
    struct Batches {
        source: Py<PyIterator>,
        size: usize,
    }

    #[pymethods]
    impl Batches {
        #[new]
        #[pyo3(signature = (source, size))]
        fn new(source: &Bound<'_, PyAny>, size: usize) -> PyResult<Self> {
            if size == 0 {
                return Err(PyValueError::new_err("size must be at least 1"));
            }
            let source = source.try_iter()?.unbind();
            Ok(Self { source, size })
        }

        fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
            slf
        }

        // region: pull
        fn __next__<'py>(&self, py: Python<'py>) -> PyResult<Option<Vec<Bound<'py, PyAny>>>> {
            let items = self.source.bind(py).clone().take(self.size);
            let batch = items.collect::<PyResult<Vec<_>>>()?;
            Ok((!batch.is_empty()).then_some(batch))
        }
        // endregion: pull
    }
}

#[cfg(test)]
mod tests {
    use super::mean_of;

    #[test]
    fn an_empty_series_has_no_mean() {
        assert_eq!(mean_of(&[]), None);
        assert_eq!(mean_of(&[1.0, 2.0]), Some(1.5));
    }
}
