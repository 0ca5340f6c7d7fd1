//! The typed API of hashes. See `api.rs`.

use bytes::Bytes;

use crate::collection::Hash;
use crate::error::StoreError;
use crate::store::Store;

impl Store {
    /// Gives fields of a hash values; the hash is made if the key does not exist. Returns how many fields were not there.
    ///
    /// ```
    /// let store = pyredis_store::Store::new();
    /// assert_eq!(store.hash_set("user:1", [("name", "Ann"), ("city", "Oslo")]), Ok(2));
    /// assert_eq!(store.hash_get("user:1", "name").unwrap().as_deref(), Some(&b"Ann"[..]));
    /// ```
    ///
    /// # Errors
    /// [`StoreError::WrongType`] where the key holds something else, as of every method here; [`StoreError::TooLong`].
    pub fn hash_set<F: AsRef<[u8]>, V: AsRef<[u8]>>(
        &self,
        key: impl AsRef<[u8]>,
        pairs: impl IntoIterator<Item = (F, V)>,
    ) -> Result<usize, StoreError> {
        let pairs: Vec<(F, V)> = pairs.into_iter().collect();
        self.write(key.as_ref(), |view, key| {
            view.hash_set(key, pairs.iter().map(|(field, value)| (field.as_ref(), value.as_ref())))
        })
    }

    /// Gives a field of a hash a value unless it has one. Returns whether it did.
    ///
    /// # Errors
    /// See [`hash_set`](Self::hash_set).
    pub fn hash_set_if_absent(
        &self,
        key: impl AsRef<[u8]>,
        field: impl AsRef<[u8]>,
        value: impl AsRef<[u8]>,
    ) -> Result<bool, StoreError> {
        self.write(key.as_ref(), |view, key| view.hash_set_if_absent(key, field.as_ref(), value.as_ref()))
    }

    /// The value of a field of a hash; a long one shares its bytes with the hash.
    ///
    /// # Errors
    /// See [`hash_set`](Self::hash_set).
    pub fn hash_get(&self, key: impl AsRef<[u8]>, field: impl AsRef<[u8]>) -> Result<Option<Bytes>, StoreError> {
        let field = field.as_ref();
        self.read(key.as_ref(), |view, key| {
            let Some(hash) = view.collection::<Hash>(key)? else { return Ok(None) };
            Ok(hash.share(field).or_else(|| Some(hash.get(field)?.to_vec().into())))
        })
    }

    /// The hash that a key holds, as it is now: a clone, which never changes and costs no copy of what is large. Empty if the key does not exist.
    ///
    /// ```
    /// let store = pyredis_store::Store::new();
    /// store.hash_set("user:1", [("name", "Ann")])?;
    /// let user = store.hash("user:1")?;
    /// store.del("user:1");
    /// let pairs: Vec<_> = user.iter().map(|(field, value)| (field.to_vec(), value.to_vec())).collect();
    /// assert_eq!(pairs, [(b"name".to_vec(), b"Ann".to_vec())]);
    /// # Ok::<(), pyredis_store::StoreError>(())
    /// ```
    ///
    /// # Errors
    /// See [`hash_set`](Self::hash_set).
    pub fn hash(&self, key: impl AsRef<[u8]>) -> Result<Hash, StoreError> {
        self.read(key.as_ref(), |view, key| Ok(view.collection::<Hash>(key)?.cloned().unwrap_or_default()))
    }

    /// How many fields a hash has; none if the key does not exist.
    ///
    /// # Errors
    /// See [`hash_set`](Self::hash_set).
    pub fn hash_len(&self, key: impl AsRef<[u8]>) -> Result<usize, StoreError> {
        self.read(key.as_ref(), |view, key| Ok(view.collection::<Hash>(key)?.map_or(0, Hash::len)))
    }

    /// Whether a hash has a field.
    ///
    /// # Errors
    /// See [`hash_set`](Self::hash_set).
    pub fn hash_contains(&self, key: impl AsRef<[u8]>, field: impl AsRef<[u8]>) -> Result<bool, StoreError> {
        self.read(key.as_ref(), |view, key| {
            Ok(view.collection::<Hash>(key)?.is_some_and(|hash| hash.contains(field.as_ref())))
        })
    }

    /// Takes fields out of a hash. Returns how many were there. The key of a hash that is left empty is gone.
    ///
    /// ```
    /// let store = pyredis_store::Store::new();
    /// store.hash_set("user:1", [("name", "Ann")])?;
    /// assert_eq!(store.hash_remove("user:1", ["name", "age"]), Ok(1));
    /// assert!(!store.exists("user:1"));
    /// # Ok::<(), pyredis_store::StoreError>(())
    /// ```
    ///
    /// # Errors
    /// See [`hash_set`](Self::hash_set).
    pub fn hash_remove<F: AsRef<[u8]>>(
        &self,
        key: impl AsRef<[u8]>,
        fields: impl IntoIterator<Item = F>,
    ) -> Result<usize, StoreError> {
        let fields: Vec<F> = fields.into_iter().collect();
        self.write(key.as_ref(), |view, key| view.hash_remove(key, fields.iter().map(AsRef::as_ref)))
    }

    /// Adds to the integer that a field of a hash holds, 0 if it is not there, and returns the sum.
    ///
    /// ```
    /// let store = pyredis_store::Store::new();
    /// assert_eq!(store.hash_incr_by("page", "visits", 2), Ok(2));
    /// assert_eq!(store.hash_incr_by("page", "visits", -1), Ok(1));
    /// ```
    ///
    /// # Errors
    /// See [`hash_set`](Self::hash_set); [`StoreError::FieldNotAnInteger`], [`StoreError::Overflow`].
    pub fn hash_incr_by(&self, key: impl AsRef<[u8]>, field: impl AsRef<[u8]>, by: i64) -> Result<i64, StoreError> {
        self.write(key.as_ref(), |view, key| view.hash_incr_by(key, field.as_ref(), by))
    }

    /// Adds to the number that a field of a hash holds, 0 if it is not there, and returns the sum; as [`incr_by_float`](Self::incr_by_float) does to a
    /// key.
    ///
    /// # Errors
    /// See [`hash_set`](Self::hash_set); [`StoreError::NotAFloat`], [`StoreError::InfiniteIncrement`], [`StoreError::FieldNotAFloat`],
    /// [`StoreError::NotFinite`].
    pub fn hash_incr_by_float(
        &self,
        key: impl AsRef<[u8]>,
        field: impl AsRef<[u8]>,
        by: f64,
    ) -> Result<f64, StoreError> {
        let by = by.to_string();
        let sum = self.write(key.as_ref(), |view, key| view.hash_incr_by_float(key, field.as_ref(), by.as_bytes()))?;
        sum.parse().map_err(|_| StoreError::FieldNotAFloat)
    }
}
