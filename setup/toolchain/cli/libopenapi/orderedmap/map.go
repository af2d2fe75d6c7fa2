// Package orderedmap holds maps that are always empty.
package orderedmap

import "iter"

// Map is empty, and stays so.
type Map[K comparable, V any] struct{}

// New returns an empty map.
func New[K comparable, V any]() *Map[K, V] { return nil }

// Len is 0.
func Len[K comparable, V any](*Map[K, V]) int { return 0 }

// Get finds nothing.
func (*Map[K, V]) Get(K) (value V, found bool) { return }

// GetOrZero returns a zero value.
func (*Map[K, V]) GetOrZero(K) (value V) { return }

// Set does nothing.
func (*Map[K, V]) Set(K, V) {}

// Delete does nothing.
func (*Map[K, V]) Delete(K) {}

// FromOldest iterates over nothing.
func (*Map[K, V]) FromOldest() iter.Seq2[K, V] { return func(func(K, V) bool) {} }

// KeysFromOldest iterates over nothing.
func (*Map[K, V]) KeysFromOldest() iter.Seq[K] { return func(func(K) bool) {} }
