package dev.caravan.operations.verify;

import dev.caravan.operations.Check;
import dev.caravan.operations.Finding;

/** Something that an installation of this kind does not have. */
record Absent(String name, String reason) implements Check {

    @Override
    public Finding look() {
        return notApplicable(reason);
    }
}
