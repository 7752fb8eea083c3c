package dev.caravan.operations;

/** Something that an installation of this kind does not have. */
public record NotApplicable(String name, String reason) implements Check {

    @Override
    public Finding run() {
        return notApplicable(reason);
    }
}
