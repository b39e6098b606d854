/** Options and lines of {@code measure} and {@code bias}. */
package io.github.jaubert.cli.measure;
