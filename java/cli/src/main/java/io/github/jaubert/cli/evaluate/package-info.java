/** What {@code evaluate} measures, for each task. */
package io.github.jaubert.cli.evaluate;
