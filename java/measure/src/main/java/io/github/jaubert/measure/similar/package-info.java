/** Which texts are equal or nearly so: MinHash, bands, and the check by Jaccard's index. */
package io.github.jaubert.measure.similar;
