//! Which business term a field of a party, address, delivery or allowance is, by the role it plays. The fields are
//! named as those of the model.

/// The terms of a party in one role. Where EN 16931 has no term for a field in that role, the group stands.
pub struct PartyTerms {
    /// The group itself.
    pub group: &'static str,
    /// Name.
    pub name: &'static str,
    /// Trading name.
    pub trading_name: &'static str,
    /// Identifiers.
    pub identifier: &'static str,
    /// Legal registration identifier.
    pub legal_identifier: &'static str,
    /// VAT identifier.
    pub vat_number: &'static str,
    /// Other tax registration.
    pub tax_registration: &'static str,
    /// Additional legal information.
    pub legal_information: &'static str,
    /// Electronic address.
    pub endpoint: &'static str,
    /// Postal address.
    pub address: &'static AddressTerms,
    /// Contact.
    pub contact: ContactTerms,
    /// Whether the syntax's plain party name is the trading name (seller, buyer) or the name itself.
    pub has_trading_name: bool,
}

/// The terms of an address in one role.
pub struct AddressTerms {
    /// The group itself.
    pub group: &'static str,
    /// First line.
    pub line_1: &'static str,
    /// Second line.
    pub line_2: &'static str,
    /// Third line.
    pub line_3: &'static str,
    /// City.
    pub city: &'static str,
    /// Post code.
    pub post_code: &'static str,
    /// Country subdivision.
    pub subdivision: &'static str,
    /// Country code.
    pub country: &'static str,
}

/// The terms of a contact in one role.
pub struct ContactTerms {
    /// The group itself.
    pub group: &'static str,
    /// Name.
    pub name: &'static str,
    /// Telephone.
    pub telephone: &'static str,
    /// Electronic mail.
    pub mail: &'static str,
}

/// The terms of a document level allowance or charge, or of one on a line (which has no VAT of its own).
pub struct AllowanceTerms {
    /// The group itself.
    pub group: &'static str,
    /// Amount.
    pub amount: &'static str,
    /// Base amount.
    pub base: &'static str,
    /// Percentage.
    pub percentage: &'static str,
    /// VAT category code.
    pub vat_category: &'static str,
    /// VAT rate.
    pub vat_rate: &'static str,
    /// Reason.
    pub reason: &'static str,
    /// Reason code.
    pub reason_code: &'static str,
}

/// An address of which only the group has a number that we know.
macro_rules! address_of_group {
    ($group:literal) => {
        AddressTerms {
            group: $group,
            line_1: $group,
            line_2: $group,
            line_3: $group,
            city: $group,
            post_code: $group,
            subdivision: $group,
            country: $group,
        }
    };
}

/// BG-4.
pub const SELLER: PartyTerms = PartyTerms {
    group: "BG-4",
    name: "BT-27",
    trading_name: "BT-28",
    identifier: "BT-29",
    legal_identifier: "BT-30",
    vat_number: "BT-31",
    tax_registration: "BT-32",
    legal_information: "BT-33",
    endpoint: "BT-34",
    address: &AddressTerms {
        group: "BG-5",
        line_1: "BT-35",
        line_2: "BT-36",
        line_3: "BT-162",
        city: "BT-37",
        post_code: "BT-38",
        subdivision: "BT-39",
        country: "BT-40",
    },
    contact: ContactTerms { group: "BG-6", name: "BT-41", telephone: "BT-42", mail: "BT-43" },
    has_trading_name: true,
};

/// BG-7.
pub const BUYER: PartyTerms = PartyTerms {
    group: "BG-7",
    name: "BT-44",
    trading_name: "BT-45",
    identifier: "BT-46",
    legal_identifier: "BT-47",
    vat_number: "BT-48",
    tax_registration: "BG-7",
    legal_information: "BG-7",
    endpoint: "BT-49",
    address: &AddressTerms {
        group: "BG-8",
        line_1: "BT-50",
        line_2: "BT-51",
        line_3: "BT-163",
        city: "BT-52",
        post_code: "BT-53",
        subdivision: "BT-54",
        country: "BT-55",
    },
    contact: ContactTerms { group: "BG-9", name: "BT-56", telephone: "BT-57", mail: "BT-58" },
    has_trading_name: true,
};

/// BG-10.
pub const PAYEE: PartyTerms = PartyTerms {
    name: "BT-59",
    identifier: "BT-60",
    legal_identifier: "BT-61",
    endpoint: "EXT-FR-FE-29",
    ..PartyTerms::of_group("BG-10", &address_of_group!("BG-10"))
};

/// BG-11.
pub const TAX_REPRESENTATIVE: PartyTerms = PartyTerms {
    name: "BT-62",
    vat_number: "BT-63",
    ..PartyTerms::of_group(
        "BG-11",
        &AddressTerms {
            group: "BG-12",
            line_1: "BT-64",
            line_2: "BT-65",
            line_3: "BT-164",
            city: "BT-66",
            post_code: "BT-67",
            subdivision: "BT-68",
            country: "BT-69",
        },
    )
};

/// EXT-FR-FE-BG-01.
pub const BUYER_AGENT: PartyTerms = PartyTerms {
    identifier: "EXT-FR-FE-06",
    endpoint: "EXT-FR-FE-12",
    ..PartyTerms::of_group("EXT-FR-FE-BG-01", &address_of_group!("EXT-FR-FE-BG-01"))
};

/// EXT-FR-FE-BG-02.
pub const PAYER: PartyTerms = PartyTerms {
    identifier: "EXT-FR-FE-46",
    endpoint: "EXT-FR-FE-52",
    ..PartyTerms::of_group("EXT-FR-FE-BG-02", &address_of_group!("EXT-FR-FE-BG-02"))
};

/// EXT-FR-FE-BG-03.
pub const SELLER_AGENT: PartyTerms = PartyTerms {
    identifier: "EXT-FR-FE-69",
    endpoint: "EXT-FR-FE-75",
    ..PartyTerms::of_group("EXT-FR-FE-BG-03", &address_of_group!("EXT-FR-FE-BG-03"))
};

/// EXT-FR-FE-BG-04.
pub const INVOICEE: PartyTerms = PartyTerms {
    identifier: "EXT-FR-FE-92",
    endpoint: "EXT-FR-FE-98",
    ..PartyTerms::of_group("EXT-FR-FE-BG-04", &address_of_group!("EXT-FR-FE-BG-04"))
};

/// EXT-FR-FE-BG-05.
pub const INVOICER: PartyTerms = PartyTerms {
    identifier: "EXT-FR-FE-115",
    endpoint: "EXT-FR-FE-121",
    ..PartyTerms::of_group("EXT-FR-FE-BG-05", &address_of_group!("EXT-FR-FE-BG-05"))
};

/// EXT-FR-FE-164 to 177, the seller of a line.
pub const LINE_SELLER: PartyTerms = PartyTerms {
    name: "EXT-FR-FE-164",
    legal_identifier: "EXT-FR-FE-167",
    ..PartyTerms::of_group("BG-25", &AddressTerms { country: "EXT-FR-FE-177", ..address_of_group!("BG-25") })
};

/// BG-15.
pub const DELIVERY_ADDRESS: AddressTerms = AddressTerms {
    group: "BG-15",
    line_1: "BT-75",
    line_2: "BT-76",
    line_3: "BT-165",
    city: "BT-77",
    post_code: "BT-78",
    subdivision: "BT-79",
    country: "BT-80",
};

/// EXT-FR-FE-BG-11.
pub const LINE_DELIVERY_ADDRESS: AddressTerms = address_of_group!("EXT-FR-FE-BG-10");

/// BG-20.
pub const ALLOWANCE: AllowanceTerms = AllowanceTerms {
    group: "BG-20",
    amount: "BT-92",
    base: "BT-93",
    percentage: "BT-94",
    vat_category: "BT-95",
    vat_rate: "BT-96",
    reason: "BT-97",
    reason_code: "BT-98",
};

/// BG-21.
pub const CHARGE: AllowanceTerms = AllowanceTerms {
    group: "BG-21",
    amount: "BT-99",
    base: "BT-100",
    percentage: "BT-101",
    vat_category: "BT-102",
    vat_rate: "BT-103",
    reason: "BT-104",
    reason_code: "BT-105",
};

/// BG-27.
pub const LINE_ALLOWANCE: AllowanceTerms = AllowanceTerms {
    group: "BG-27",
    amount: "BT-136",
    base: "BT-137",
    percentage: "BT-138",
    vat_category: "BG-27",
    vat_rate: "BG-27",
    reason: "BT-139",
    reason_code: "BT-140",
};

/// BG-28.
pub const LINE_CHARGE: AllowanceTerms = AllowanceTerms {
    group: "BG-28",
    amount: "BT-141",
    base: "BT-142",
    percentage: "BT-143",
    vat_category: "BG-28",
    vat_rate: "BG-28",
    reason: "BT-144",
    reason_code: "BT-145",
};

impl PartyTerms {
    /// A party of which only the group has a number that we know.
    const fn of_group(group: &'static str, address: &'static AddressTerms) -> Self {
        Self {
            group,
            name: group,
            trading_name: group,
            identifier: group,
            legal_identifier: group,
            vat_number: group,
            tax_registration: group,
            legal_information: group,
            endpoint: group,
            address,
            contact: ContactTerms { group, name: group, telephone: group, mail: group },
            has_trading_name: false,
        }
    }
}
