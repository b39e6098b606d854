/**
 * What a measuring program needs: its options, the loop that repeats a work, and the line of JSON
 * that tells the result.
 */
package io.github.jaubert.benchmarks.measure;
