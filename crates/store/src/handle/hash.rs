//! Hashes: what [`Store::hash`](crate::Store::hash) and [`Tx::hash`](crate::Tx::hash) give.

use super::{Door, FromBytes, ToBytes, handle};
use crate::collection::Hash;
use crate::error::StoreError;

handle! {
    /// The hash of a key. Every method is expected O(1) for each field that it names, if it does not say otherwise, and fails with
    /// [`StoreError::WrongType`] where the key holds anything else. A hash that loses its last field is gone, as is its key.
    ///
    /// # Panics
    /// Every method, when called inside a view of a store on the same thread, as in [`Store::get_with`](crate::Store::get_with).
    HashHandle, hash,
    /// A handle to the hash of a key. O(1), nothing is looked up.
    ///
    /// ```
    /// let store = pyredis_store::Store::new();
    /// let user = store.hash("user:1");
    /// user.set("name", "Ann")?;
    /// user.set("visits", 41)?;
    /// assert_eq!(user.incr_by("visits", 1)?, 42);
    /// assert_eq!(user.get::<String>("name")?.as_deref(), Some("Ann"));
    /// assert_eq!(user.get::<u32>("visits")?, Some(42));
    /// # Ok::<(), pyredis_store::StoreError>(())
    /// ```
}

impl<D: Door, K: AsRef<[u8]>> HashHandle<D, K> {
    /// Gives a field a value; where there is no key, one is made. Returns whether the field was not there.
    ///
    /// # Errors
    /// [`StoreError::WrongType`], [`StoreError::TooLong`].
    pub fn set(&self, field: impl ToBytes, value: impl ToBytes) -> Result<bool, D::Error> {
        Ok(self.extend([(field, value)])? > 0)
    }

    /// Gives fields values, all at one instant. Of a field that comes twice, the last value counts. Returns how many fields were not there.
    ///
    /// # Errors
    /// See [`set`](Self::set).
    pub fn extend<F: ToBytes, V: ToBytes>(&self, pairs: impl IntoIterator<Item = (F, V)>) -> Result<usize, D::Error> {
        let pairs: Vec<(F, V)> = pairs.into_iter().collect();
        let pairs: Vec<_> = pairs.iter().map(|(field, value)| (field.to_bytes(), value.to_bytes())).collect();
        let pairs = pairs.iter().map(|(field, value)| (&**field, &**value));
        self.door.write(self.key(), |view, key| view.hash_set(key, pairs))
    }

    /// Gives a field a value unless it has one. Returns whether it did.
    ///
    /// # Errors
    /// See [`set`](Self::set).
    pub fn set_if_absent(&self, field: impl ToBytes, value: impl ToBytes) -> Result<bool, D::Error> {
        let (field, value) = (field.to_bytes(), value.to_bytes());
        self.door.write(self.key(), |view, key| view.hash_set_if_absent(key, &field, &value))
    }

    /// The value of a field.
    ///
    /// # Errors
    /// [`StoreError::WrongType`]; [`StoreError::Unreadable`] or its like where it is no `T`.
    pub fn get<T: FromBytes>(&self, field: impl ToBytes) -> Result<Option<T>, D::Error> {
        let field = field.to_bytes();
        self.door.read(self.key(), |view, key| {
            let hash = view.collection::<Hash>(key)?;
            hash.map_or(Ok(None), |hash| value(hash, &field))
        })
    }

    /// The values of several fields, all at one instant.
    ///
    /// ```
    /// let store = pyredis_store::Store::new();
    /// store.hash("point").extend([("x", 3), ("y", 4)])?;
    /// assert_eq!(store.hash("point").get_many::<i32>(["x", "z", "y"])?, [Some(3), None, Some(4)]);
    /// # Ok::<(), pyredis_store::StoreError>(())
    /// ```
    ///
    /// # Errors
    /// See [`get`](Self::get).
    pub fn get_many<T: FromBytes>(
        &self,
        fields: impl IntoIterator<Item = impl ToBytes>,
    ) -> Result<Vec<Option<T>>, D::Error> {
        // What the caller has to do for them is done before there is a lock.
        let fields: Vec<_> = fields.into_iter().collect();
        let fields: Vec<_> = fields.iter().map(ToBytes::to_bytes).collect();
        self.door.read(self.key(), |view, key| {
            let hash = view.collection::<Hash>(key)?;
            fields.iter().map(|field| hash.map_or(Ok(None), |hash| value(hash, field))).collect()
        })
    }

    /// Whether there is such a field.
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn contains(&self, field: impl ToBytes) -> Result<bool, D::Error> {
        let field = field.to_bytes();
        self.door
            .read(self.key(), |view, key| Ok(view.collection::<Hash>(key)?.is_some_and(|hash| hash.contains(&field))))
    }

    /// How many fields there are. O(1).
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn len(&self) -> Result<usize, D::Error> {
        self.door.read(self.key(), |view, key| Ok(view.collection::<Hash>(key)?.map_or(0, Hash::len)))
    }

    /// Whether there are none, as where there is no key. O(1).
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn is_empty(&self) -> Result<bool, D::Error> {
        Ok(self.len()? == 0)
    }

    /// The fields and their values, in no order. O(n), the reading of it under no lock, but in a transaction.
    ///
    /// # Errors
    /// [`StoreError::WrongType`]; [`StoreError::Unreadable`] or its like where a field is no `F` or a value no `V`.
    pub fn pairs<F: FromBytes, V: FromBytes>(&self) -> Result<Vec<(F, V)>, D::Error> {
        let hash = self.read()?;
        let pairs = hash.iter().map(|(field, value)| Ok((F::from_bytes(field)?, value.with_bytes(V::from_bytes)?)));
        Ok(pairs.collect::<Result<_, StoreError>>()?)
    }

    /// The whole hash as it is at this moment; empty where there is none. It shares its memory with the store, and never changes. O(1).
    ///
    /// ```
    /// let store = pyredis_store::Store::new();
    /// store.hash("user:1").set("name", "Ann")?;
    /// let user = store.hash("user:1").read()?;
    /// store.del("user:1");
    /// let pairs: Vec<_> = user.iter().map(|(field, value)| (field.to_vec(), value.to_vec())).collect();
    /// assert_eq!(pairs, [(b"name".to_vec(), b"Ann".to_vec())]);
    /// # Ok::<(), pyredis_store::StoreError>(())
    /// ```
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn read(&self) -> Result<Hash, D::Error> {
        let hash =
            self.door.read(self.key(), |view, key| Ok(view.collection::<Hash>(key)?.cloned().unwrap_or_default()));
        hash.map(|mut hash| {
            hash.sweep(usize::MAX);
            hash
        })
    }

    /// Takes a field out. Returns whether it was there.
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn remove(&self, field: impl ToBytes) -> Result<bool, D::Error> {
        Ok(self.remove_many([field])? > 0)
    }

    /// Takes fields out, all at one instant. Returns how many were there.
    ///
    /// # Errors
    /// [`StoreError::WrongType`].
    pub fn remove_many<F: ToBytes>(&self, fields: impl IntoIterator<Item = F>) -> Result<usize, D::Error> {
        let fields: Vec<F> = fields.into_iter().collect();
        let fields: Vec<_> = fields.iter().map(ToBytes::to_bytes).collect();
        self.door.write(self.key(), |view, key| view.hash_remove(key, fields.iter().map(|field| &**field)))
    }

    /// Adds to the integer that a field holds, 0 if it is not there, and returns the sum.
    ///
    /// # Errors
    /// See [`set`](Self::set); [`StoreError::FieldNotAnInteger`], [`StoreError::Overflow`].
    pub fn incr_by(&self, field: impl ToBytes, by: i64) -> Result<i64, D::Error> {
        let field = field.to_bytes();
        self.door.write(self.key(), |view, key| view.hash_incr_by(key, &field, by))
    }

    /// Adds to the number that a field holds, 0 if it is not there, and returns the sum; as
    /// [`incr_by_float`](crate::Store::incr_by_float) does to a key.
    ///
    /// # Errors
    /// See [`set`](Self::set); [`StoreError::NotAFloat`], [`StoreError::InfiniteIncrement`], [`StoreError::FieldNotAFloat`],
    /// [`StoreError::NotFinite`].
    pub fn incr_by_float(&self, field: impl ToBytes, by: f64) -> Result<f64, D::Error> {
        let (field, by) = (field.to_bytes(), by.to_bytes());
        self.door.write(self.key(), |view, key| {
            let sum = view.hash_incr_by_float(key, &field, &by)?;
            sum.parse().map_err(|_| StoreError::FieldNotAFloat)
        })
    }
}

pub(super) fn value<T: FromBytes>(hash: &Hash, field: &[u8]) -> Result<Option<T>, StoreError> {
    match hash.share(field) {
        Some(shared) => T::from_shared(shared).map(Some),
        None => hash.get(field).map(|value| value.with_bytes(T::from_bytes)).transpose(),
    }
}
