//go:build race

package soap_test

// raceDetector: a sync.Pool then drops what it likes.
const raceDetector = true
