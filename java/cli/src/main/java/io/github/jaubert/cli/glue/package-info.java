/** The tasks of GLUE: where their files are, how each is run, and the table of all. */
package io.github.jaubert.cli.glue;
