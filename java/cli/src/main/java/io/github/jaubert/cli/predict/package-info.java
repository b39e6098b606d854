/** What models answer, in lines, in JSON, or beside the rows of a file. */
package io.github.jaubert.cli.predict;
