/** What data sets and corpora have in common when they read files. */
package io.github.jaubert.train.files;
