/** The attributes that the suite's fixtures and checks speak of. PS3.6 Chapter 6 */

const ATTRIBUTES = `
SpecificCharacterSet 00080005 CS|ImageType 00080008 CS|SOPClassUID 00080016 UI|SOPInstanceUID 00080018 UI
StudyDate 00080020 DA|SeriesDate 00080021 DA|AcquisitionDateTime 0008002A DT|StudyTime 00080030 TM
AccessionNumber 00080050 SH|InstanceAvailability 00080056 CS|Modality 00080060 CS|ModalitiesInStudy 00080061 CS
ConversionType 00080064 CS|Manufacturer 00080070 LO|ReferringPhysicianName 00080090 PN
TimezoneOffsetFromUTC 00080201 SH|StudyDescription 00081030 LO|SeriesDescription 0008103E LO
ProcedureCodeSequence 00081032 SQ|NameOfPhysiciansReadingStudy 00081060 PN|RetrieveURL 00081190 UR
ReferencedSOPClassUID 00081150 UI|ReferencedSOPInstanceUID 00081155 UI|WarningReason 00081196 US
FailureReason 00081197 US|FailedSOPSequence 00081198 SQ|ReferencedSOPSequence 00081199 SQ
OtherFailuresSequence 0008119A SQ|ReferencedSeriesSequence 00081115 SQ|ReferencedImageSequence 00081140 SQ
AvailableTransferSyntaxUID 00083002 UI|ReferencedFrameNumber 00081160 IS|CodeValue 00080100 SH
CodingSchemeDesignator 00080102 SH|CodeMeaning 00080104 LO|DerivationDescription 00082111 ST
PatientName 00100010 PN|PatientID 00100020 LO|PatientBirthDate 00100030 DA|PatientSex 00100040 CS
OtherPatientNames 00101001 PN|PatientAge 00101010 AS|PatientComments 00104000 LT
PatientIdentityRemoved 00120062 CS|DeidentificationMethod 00120063 LO
DeidentificationMethodCodeSequence 00120064 SQ|BodyPartExamined 00180015 CS
SliceThickness 00180050 DS|KVP 00180060 DS|FrameTime 00181063 DS|FrameTimeVector 00181065 DS
PositionerMotion 00181500 CS|StudyInstanceUID 0020000D UI|SeriesInstanceUID 0020000E UI|StudyID 00200010 SH
SeriesNumber 00200011 IS|InstanceNumber 00200013 IS|ImagePositionPatient 00200032 DS|Laterality 00200060 CS
ImageOrientationPatient 00200037 DS|FrameOfReferenceUID 00200052 UI|ImageComments 00204000 LT
NumberOfStudyRelatedSeries 00201206 IS|NumberOfStudyRelatedInstances 00201208 IS
NumberOfSeriesRelatedInstances 00201209 IS|SamplesPerPixel 00280002 US|PhotometricInterpretation 00280004 CS
PlanarConfiguration 00280006 US|NumberOfFrames 00280008 IS|FrameIncrementPointer 00280009 AT|Rows 00280010 US
Columns 00280011 US|BitsAllocated 00280100 US|BitsStored 00280101 US|HighBit 00280102 US
PixelRepresentation 00280103 US|BurnedInAnnotation 00280301 CS|RescaleIntercept 00281052 DS|RescaleSlope 00281053 DS
LossyImageCompression 00282110 CS|LossyImageCompressionRatio 00282112 DS|LossyImageCompressionMethod 00282114 CS
PerformedProcedureStepStartDate 00400244 DA|PerformedProcedureStepStartTime 00400245 TM
RequestAttributesSequence 00400275 SQ|ScheduledProcedureStepID 00400009 SH|RequestedProcedureID 00401001 SH
ValueType 0040A040 CS|ConceptNameCodeSequence 0040A043 SQ|ContinuityOfContent 0040A050 CS
VerificationFlag 0040A493 CS|CompletionFlag 0040A491 CS|TextValue 0040A160 UT|ContentSequence 0040A730 SQ
RelationshipType 0040A010 CS|SelectorUVValue 00720083 UV|SelectorSVValue 00720082 SV|SelectorFDValue 00720074 FD
SelectorFLValue 00720076 FL|SelectorDSValue 00720072 DS|SelectorISValue 00720064 IS|SelectorATValue 00720060 AT
SelectorSLValue 0072007C SL|SelectorULValue 00720078 UL|SelectorSSValue 0072007E SS|SelectorUSValue 0072007A US
SelectorLTValue 00720068 LT|SelectorLOValue 00720066 LO|SelectorSHValue 0072006C SH|SelectorUTValue 00720070 UT
SelectorODValue 00720073 OD|SelectorOFValue 00720067 OF|SelectorOLValue 00720075 OL|SelectorOWValue 00720069 OW
SelectorOBValue 00720065 OB|PresentationLUTShape 20500020 CS|DocumentTitle 00420010 ST|EncapsulatedDocument 00420011 OB
MIMETypeOfEncapsulatedDocument 00420012 LO|EncapsulatedDocumentLength 00420015 UL|ContentLabel 00700080 CS
ContentDescription 00700081 LO|PresentationCreationDate 00700082 DA|PresentationCreationTime 00700083 TM
TransactionUID 00081195 UI|OriginalAttributesSequence 04000561 SQ|ContentCreatorName 00700084 PN
ModifiedAttributesSequence 04000550 SQ|NonconformingModifiedAttributesSequence 04000551 SQ
AttributeModificationDateTime 04000562 DT|ModifyingSystem 04000563 LO|SourceOfPreviousValues 04000564 LO
ReasonForTheAttributeModification 04000565 CS|SelectorAttribute 00720026 AT|InstanceCoercionDateTime 00080015 DT
WindowCenter 00281050 DS|WindowWidth 00281051 DS|VOILUTFunction 00281056 CS|ModalityLUTSequence 00283000 SQ
ModalityLUTType 00283004 LO|VOILUTSequence 00283010 SQ|LUTDescriptor 00283002 US|LUTData 00283006 US
RedPaletteColorLookupTableDescriptor 00281101 US|GreenPaletteColorLookupTableDescriptor 00281102 US
BluePaletteColorLookupTableDescriptor 00281103 US|RedPaletteColorLookupTableData 00281201 OW
GreenPaletteColorLookupTableData 00281202 OW|BluePaletteColorLookupTableData 00281203 OW
SoftcopyVOILUTSequence 00283110 SQ|DisplayedAreaSelectionSequence 0070005A SQ|PresentationSizeMode 00700100 CS
DisplayedAreaTopLeftHandCorner 00700052 SL|DisplayedAreaBottomRightHandCorner 00700053 SL
PresentationPixelAspectRatio 00700102 IS|FloatPixelData 7FE00008 OF
PixelData 7FE00010 OW|DataSetTrailingPadding FFFCFFFC OB|SegmentationType 00620001 CS
`
  .trim()
  .split(/[|\n]/)
  .map((line) => line.split(' '));

export interface Attribute {
  readonly keyword: string;
  /** Eight upper-case hexadecimal digits. */
  readonly tag: string;
  readonly vr: string;
}

const BY_KEYWORD: ReadonlyMap<string, Attribute> = new Map(
  ATTRIBUTES.map(([keyword = '', tag = '', vr = '']) => [keyword, { keyword, tag, vr }]),
);
const BY_TAG: ReadonlyMap<string, Attribute> = new Map([...BY_KEYWORD.values()].map((entry) => [entry.tag, entry]));

/** Every attribute of the table. */
export const allAttributes = (): readonly Attribute[] => [...BY_KEYWORD.values()];

/** @throws Error for a keyword that is not in the table */
export function attribute(keyword: string): Attribute {
  const found = BY_KEYWORD.get(keyword);
  if (found === undefined) throw new Error(`The suite's dictionary has no ${keyword}.`);
  return found;
}

/** The tag of a keyword, as DICOM JSON writes it. */
export const tagOf = (keyword: string): string => attribute(keyword).tag;

/** A tag with its keyword, for people to read. */
export const named = (tag: string): string => `${tag} ${BY_TAG.get(tag)?.keyword ?? ''}`.trim();

/** Undefined for a tag that is not in the table. */
export const keywordOf = (tag: string): string | undefined => BY_TAG.get(tag)?.keyword;
