/** Pages that show runs: curves, tables, examples; each one file that needs no network. */
package io.github.jaubert.cli.report;
