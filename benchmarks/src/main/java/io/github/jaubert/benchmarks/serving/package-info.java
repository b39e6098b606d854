/** How fast a server answers many clients. */
package io.github.jaubert.benchmarks.serving;
