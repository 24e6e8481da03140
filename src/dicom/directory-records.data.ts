// The Directory Records of PS3.3 Annex F 2024e that stand for instances of a study. Record types that others may reference
// only below no patient (hanging protocols, palettes, implants, inventories) are not among them, nor is that of microscopy
// annotations, which go as images: readers in use refuse a whole directory for a type that is newer than they are.

/**
 * The keys of each record, one record a line: its type, a colon, its keys by keyword. `!` is a key that must have a value
 * (Type 1), `?` one that is there when the instance has it (1C), and the others are there with or without one (2).
 */
export const DIRECTORY_KEY_TABLE = `
PATIENT: PatientName PatientID!
STUDY: StudyDate! StudyTime! StudyDescription StudyInstanceUID! StudyID! AccessionNumber
SERIES: Modality! SeriesInstanceUID! SeriesNumber!
IMAGE: InstanceNumber!
RT DOSE: InstanceNumber! DoseSummationType!
RT STRUCTURE SET: InstanceNumber! StructureSetLabel! StructureSetDate StructureSetTime
RT PLAN: InstanceNumber! RTPlanLabel! RTPlanDate RTPlanTime
RT TREAT RECORD: InstanceNumber! TreatmentDate TreatmentTime
PRESENTATION: PresentationCreationDate! PresentationCreationTime! InstanceNumber! ContentLabel! ContentDescription ContentCreatorName ReferencedSeriesSequence? BlendingSequence?
WAVEFORM: InstanceNumber! ContentDate! ContentTime!
SR DOCUMENT: InstanceNumber! CompletionFlag! VerificationFlag! ContentDate! ContentTime! VerificationDateTime? ConceptNameCodeSequence! ContentSequence?
KEY OBJECT DOC: InstanceNumber! ContentDate! ContentTime! ConceptNameCodeSequence! ContentSequence?
SPECTROSCOPY: ImageType! ContentDate! ContentTime! InstanceNumber! ReferencedImageEvidenceSequence? NumberOfFrames! Rows! Columns! DataPointRows! DataPointColumns!
RAW DATA: InstanceNumber! ContentDate! ContentTime!
REGISTRATION: InstanceNumber! ContentDate! ContentTime! ContentLabel! ContentDescription ContentCreatorName
FIDUCIAL: InstanceNumber! ContentDate! ContentTime! ContentLabel! ContentDescription ContentCreatorName
ENCAP DOC: InstanceNumber! ContentDate ContentTime DocumentTitle HL7InstanceIdentifier? ConceptNameCodeSequence MIMETypeOfEncapsulatedDocument!
VALUE MAP: InstanceNumber! ContentDate! ContentTime! ContentLabel! ContentDescription ContentCreatorName
STEREOMETRIC:
PLAN:
MEASUREMENT: InstanceNumber! ContentDate! ContentTime! ContentLabel! ContentDescription ContentCreatorName
SURFACE: InstanceNumber! ContentDate! ContentTime! ContentLabel! ContentDescription ContentCreatorName
SURFACE SCAN: ContentDate! ContentTime!
TRACT: InstanceNumber! ContentDate! ContentTime! ContentLabel! ContentDescription ContentCreatorName
ASSESSMENT: InstanceNumber! InstanceCreationDate! InstanceCreationTime
RADIOTHERAPY: InstanceNumber! UserContentLabel? UserContentLongLabel? ContentDescription ContentCreatorName
`;

/** The SOP Classes whose instances have another record than IMAGE, one a line: UID, type of the record. */
export const DIRECTORY_SOP_CLASS_TABLE = `
1.2.840.10008.5.1.4.1.1.4.2 SPECTROSCOPY
1.2.840.10008.5.1.4.1.1.9.1.1 WAVEFORM
1.2.840.10008.5.1.4.1.1.9.1.2 WAVEFORM
1.2.840.10008.5.1.4.1.1.9.1.3 WAVEFORM
1.2.840.10008.5.1.4.1.1.9.1.4 WAVEFORM
1.2.840.10008.5.1.4.1.1.9.2.1 WAVEFORM
1.2.840.10008.5.1.4.1.1.9.3.1 WAVEFORM
1.2.840.10008.5.1.4.1.1.9.4.1 WAVEFORM
1.2.840.10008.5.1.4.1.1.9.4.2 WAVEFORM
1.2.840.10008.5.1.4.1.1.9.5.1 WAVEFORM
1.2.840.10008.5.1.4.1.1.9.6.1 WAVEFORM
1.2.840.10008.5.1.4.1.1.9.6.2 WAVEFORM
1.2.840.10008.5.1.4.1.1.9.7.1 WAVEFORM
1.2.840.10008.5.1.4.1.1.9.7.2 WAVEFORM
1.2.840.10008.5.1.4.1.1.9.7.3 WAVEFORM
1.2.840.10008.5.1.4.1.1.9.7.4 WAVEFORM
1.2.840.10008.5.1.4.1.1.9.8.1 WAVEFORM
1.2.840.10008.5.1.4.1.1.11.1 PRESENTATION
1.2.840.10008.5.1.4.1.1.11.2 PRESENTATION
1.2.840.10008.5.1.4.1.1.11.3 PRESENTATION
1.2.840.10008.5.1.4.1.1.11.4 PRESENTATION
1.2.840.10008.5.1.4.1.1.11.5 PRESENTATION
1.2.840.10008.5.1.4.1.1.11.6 PRESENTATION
1.2.840.10008.5.1.4.1.1.11.7 PRESENTATION
1.2.840.10008.5.1.4.1.1.11.8 PRESENTATION
1.2.840.10008.5.1.4.1.1.11.9 PRESENTATION
1.2.840.10008.5.1.4.1.1.11.10 PRESENTATION
1.2.840.10008.5.1.4.1.1.11.11 PRESENTATION
1.2.840.10008.5.1.4.1.1.11.12 PRESENTATION
1.2.840.10008.5.1.4.1.1.66 RAW DATA
1.2.840.10008.5.1.4.1.1.66.1 REGISTRATION
1.2.840.10008.5.1.4.1.1.66.2 FIDUCIAL
1.2.840.10008.5.1.4.1.1.66.3 REGISTRATION
1.2.840.10008.5.1.4.1.1.66.5 SURFACE
1.2.840.10008.5.1.4.1.1.66.6 TRACT
1.2.840.10008.5.1.4.1.1.67 VALUE MAP
1.2.840.10008.5.1.4.1.1.68.1 SURFACE SCAN
1.2.840.10008.5.1.4.1.1.68.2 SURFACE SCAN
1.2.840.10008.5.1.4.1.1.77.1.5.3 STEREOMETRIC
1.2.840.10008.5.1.4.1.1.78.1 MEASUREMENT
1.2.840.10008.5.1.4.1.1.78.2 MEASUREMENT
1.2.840.10008.5.1.4.1.1.78.3 MEASUREMENT
1.2.840.10008.5.1.4.1.1.78.4 MEASUREMENT
1.2.840.10008.5.1.4.1.1.78.5 MEASUREMENT
1.2.840.10008.5.1.4.1.1.78.6 SR DOCUMENT
1.2.840.10008.5.1.4.1.1.78.7 MEASUREMENT
1.2.840.10008.5.1.4.1.1.78.8 MEASUREMENT
1.2.840.10008.5.1.4.1.1.79.1 SR DOCUMENT
1.2.840.10008.5.1.4.1.1.80.1 MEASUREMENT
1.2.840.10008.5.1.4.1.1.88.11 SR DOCUMENT
1.2.840.10008.5.1.4.1.1.88.22 SR DOCUMENT
1.2.840.10008.5.1.4.1.1.88.33 SR DOCUMENT
1.2.840.10008.5.1.4.1.1.88.34 SR DOCUMENT
1.2.840.10008.5.1.4.1.1.88.35 SR DOCUMENT
1.2.840.10008.5.1.4.1.1.88.40 SR DOCUMENT
1.2.840.10008.5.1.4.1.1.88.50 SR DOCUMENT
1.2.840.10008.5.1.4.1.1.88.59 KEY OBJECT DOC
1.2.840.10008.5.1.4.1.1.88.65 SR DOCUMENT
1.2.840.10008.5.1.4.1.1.88.67 SR DOCUMENT
1.2.840.10008.5.1.4.1.1.88.68 SR DOCUMENT
1.2.840.10008.5.1.4.1.1.88.69 SR DOCUMENT
1.2.840.10008.5.1.4.1.1.88.70 SR DOCUMENT
1.2.840.10008.5.1.4.1.1.88.71 SR DOCUMENT
1.2.840.10008.5.1.4.1.1.88.72 SR DOCUMENT
1.2.840.10008.5.1.4.1.1.88.73 SR DOCUMENT
1.2.840.10008.5.1.4.1.1.88.74 SR DOCUMENT
1.2.840.10008.5.1.4.1.1.88.75 SR DOCUMENT
1.2.840.10008.5.1.4.1.1.88.76 SR DOCUMENT
1.2.840.10008.5.1.4.1.1.90.1 ASSESSMENT
1.2.840.10008.5.1.4.1.1.104.1 ENCAP DOC
1.2.840.10008.5.1.4.1.1.104.2 ENCAP DOC
1.2.840.10008.5.1.4.1.1.104.3 ENCAP DOC
1.2.840.10008.5.1.4.1.1.104.4 ENCAP DOC
1.2.840.10008.5.1.4.1.1.104.5 ENCAP DOC
1.2.840.10008.5.1.4.1.1.131 PRESENTATION
1.2.840.10008.5.1.4.1.1.481.2 RT DOSE
1.2.840.10008.5.1.4.1.1.481.3 RT STRUCTURE SET
1.2.840.10008.5.1.4.1.1.481.4 RT TREAT RECORD
1.2.840.10008.5.1.4.1.1.481.5 RT PLAN
1.2.840.10008.5.1.4.1.1.481.6 RT TREAT RECORD
1.2.840.10008.5.1.4.1.1.481.7 RT TREAT RECORD
1.2.840.10008.5.1.4.1.1.481.8 RT PLAN
1.2.840.10008.5.1.4.1.1.481.9 RT TREAT RECORD
1.2.840.10008.5.1.4.1.1.481.10 RADIOTHERAPY
1.2.840.10008.5.1.4.1.1.481.11 RADIOTHERAPY
1.2.840.10008.5.1.4.1.1.481.12 RADIOTHERAPY
1.2.840.10008.5.1.4.1.1.481.13 RADIOTHERAPY
1.2.840.10008.5.1.4.1.1.481.14 RADIOTHERAPY
1.2.840.10008.5.1.4.1.1.481.15 RADIOTHERAPY
1.2.840.10008.5.1.4.1.1.481.16 RADIOTHERAPY
1.2.840.10008.5.1.4.1.1.481.17 RADIOTHERAPY
1.2.840.10008.5.1.4.1.1.481.18 RADIOTHERAPY
1.2.840.10008.5.1.4.1.1.481.19 RADIOTHERAPY
1.2.840.10008.5.1.4.1.1.481.20 RADIOTHERAPY
1.2.840.10008.5.1.4.1.1.481.21 RADIOTHERAPY
1.2.840.10008.5.1.4.1.1.481.22 RADIOTHERAPY
1.2.840.10008.5.1.4.1.1.481.25 RADIOTHERAPY
1.2.840.10008.5.1.4.34.7 PLAN
1.2.840.10008.5.1.4.34.10 PLAN
`;
