/**
 * Runs Jaubert's measuring programs and those of its peers in alternation, forms ratios, compares
 * them with goals, and writes what came out as JSON, Markdown and pictures.
 */
package io.github.jaubert.benchmarks.comparison;
